// Micro-benchmarks of what the kernels stand on: matrix products from shared memory, copies. Rates
// are those of the whole GPU; kernels that measure also check what they made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// 64 x columns x 16 products (wgmma) of f16, with A `shift` bytes off a core matrix's start: a tap
/// of a convolution.
struct ProductsCase {
  int columns = 0;
  int shift = 0;       // multiples of 16, of which 16 and 32 are a 3x3 kernel's
  int warpgroups = 1;  // 1 or 2 of each multiprocessor
  bool from_registers = false;
};

struct ProductsResult {
  double cycles = 0.0;          // a product; 0 where there is no clock
  double relative_error = 0.0;  // l2, of 64 x columns sums over 64 channels, against f64
};

std::vector<ProductsCase> products_cases();

/// Runs a case with `rounds` times four products, timed on all `multiprocessors`.
CudaError measure_products(const ProductsCase& measured, int multiprocessors, int rounds,
                           ProductsResult& result);

/// A way to read device memory.
struct CopyCase {
  std::string name;   // "boxes": the copy engine's boxes of 66 pixels; "loads": 16 bytes a thread
  int64_t bytes = 0;  // read over and over: more, or less, than the L2 cache holds
  int planes = 0;     // of a box
};

std::vector<CopyCase> copy_cases(bool small);

struct CopyResult {
  double bytes_per_second = 0.0;
  bool ok = false;  // what arrived is what was there, zeros where there was nothing
};

CudaError measure_copy(const CopyCase& measured, int multiprocessors, double seconds,
                       CopyResult& result);

}  // namespace fovea::cuda
