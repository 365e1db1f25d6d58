// One model at one size, timed in a process of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tools/fovea/options.h"

namespace fovea::cli {

/// What was measured. A picture's time is that of the engine alone, without decoding and encoding.
struct BenchRow {
  std::string model;
  Size input;
  int64_t output_pixels = 0;
  int threads = 0;
  std::string isa;               ///< of the kernels
  std::vector<double> times_ms;  ///< in the order of the runs
  double gflop = 0;              ///< of the formula, a multiply-add being two operations
  double peak_gflops = 0;        ///< of that instruction set on these threads, measured afterwards
  double clock_ghz = 0;          ///< 0: not known
  int64_t bands = 0;
  int64_t foreseen_bytes = 0;  ///< the peak as foreseen before the first picture
  int64_t peak_bytes = 0;      ///< the most memory the process held

  double best_ms() const;
  double median_ms() const;
  double best_gflops() const { return gflop / best_ms() * 1e3; }
};

/// Runs `options.runs` pictures after one that is not counted, all the same one, in a process that
/// is forked for it, so that memory is that of this row alone. The caller must have no other
/// thread.
Result<BenchRow> measure_row(const BenchOptions& options, const std::string& model, Size input);

}  // namespace fovea::cli
