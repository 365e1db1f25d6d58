// The micro-benchmarks: gpu_micro wgmma | copies. A JSON object a line (gpu_results.py has the
// sections); a case that fails is told and the rest goes on.
#include <cstdio>
#include <string_view>

#include "bench/gpu/micro.h"
#include "bench/gpu/told_rows.h"

namespace fovea::cuda {
namespace {

constexpr int kRounds = 4096;
constexpr double kSeconds = 0.2;
/// Sums of 64 exact products in f32, in whatever order: at most 64 roundings of 2^-24 each.
constexpr double kTolerance = 64 * 6.0e-8;

bool tell_products(const DeviceProperties& device) {
  bool all = true;
  for (const ProductsCase& each : products_cases()) {
    ProductsResult result;
    const CudaError error = measure_products(each, device.multiprocessors, kRounds, result);
    if (error) {
      return tell_error("wgmma of N = " + std::to_string(each.columns) + ": " + error_text(error));
    }
    const bool ok = result.relative_error <= kTolerance;
    all = all && ok;
    tell({{"section", "micro"},
          {"op", each.from_registers ? "wgmma, A in registers" : "wgmma"},
          {"N", each.columns},
          {"layout", "C8-planar"},
          {"shift", each.shift},
          {"warpgroups", each.warpgroups},
          {"cycles", result.cycles},
          {"tensor_limit", each.columns / 2.0},
          {"shared_limit", (each.from_registers ? 0.0 : 16.0) + each.columns / 4.0},
          {"relative_error", result.relative_error},
          {"ok", ok}});
  }
  return all;
}

bool tell_copies(const DeviceProperties& device) {
  bool all = true;
  for (const CopyCase& each : copy_cases(false)) {
    CopyResult result;
    const CudaError error = measure_copy(each, device.multiprocessors, kSeconds, result);
    if (error) return tell_error(each.name + ": " + error_text(error));
    all = all && result.ok;
    tell({{"section", "micro"},
          {"op", each.name},
          {"planes", each.planes},
          {"bytes", each.bytes},
          {"GBs", result.bytes_per_second / 1e9},
          {"ok", result.ok}});
  }
  return all;
}

}  // namespace
}  // namespace fovea::cuda

int main(int count, char** words) {
  using namespace fovea::cuda;
  const std::string_view what = count > 1 ? words[1] : "";
  if (what != "wgmma" && what != "copies") {
    std::fprintf(stderr, "gpu_micro wgmma | copies\n");
    return 2;
  }
  DeviceProperties device;
  if (!open_device(device)) return 1;
  if (device.compute_capability != 90) {
    tell_error("these are for compute capability 9.0, not " +
               std::to_string(device.compute_capability));
    return 1;
  }
  return (what == "wgmma" ? tell_products(device) : tell_copies(device)) ? 0 : 1;
}
