// Single kernels on a GPU: gpu_kernels check [--small] | time | once LAYER | ladder. A JSON object
// a line (gpu_results.py has the sections); what fails is told and the rest goes on.
#include <algorithm>
#include <string_view>

#include "bench/gpu/ladder_rungs.h"
#include "bench/gpu/layer_checks.h"
#include "bench/gpu/layer_times.h"
#include "bench/gpu/told_rows.h"

namespace fovea::cuda {
namespace {

constexpr uint32_t kSeeds[] = {11, 12, 13};
constexpr double kGraphSeconds = 4e-3;
constexpr int64_t kReplays = 25;
constexpr double kSeconds = 0.15;  // the most that a round of slow ones takes, about

struct NamedSize {
  const char* name;
  LayerSize size;
};

constexpr NamedSize kTimedSizes[] = {{"720p", {720, 1280}},
                                     {"256x256", {256, 256}},
                                     {"512x512", {512, 512}},
                                     {"1080p", {1080, 1920}}};

const char* name_of(ElementType type) { return type == ElementType::kF16 ? "f16" : "bf16"; }

/// A row, where `kernel` supports `layer`; `all` becomes false where it is wrong. False when the
/// device answers no more: what is left would only repeat the error.
bool check_one(const MeasuredLayer& layer, const MeasuredKernel& kernel, LayerSize size,
               uint32_t seed, const DeviceProperties& device, bool& all) {
  bool supported = false;
  LayerCheck found;
  const CudaError error =
      check_layer(layer, kernel, size, seed, device.compute_capability, supported, found);
  const std::string shape = std::to_string(size.height) + "x" + std::to_string(size.width);
  if (error)
    return tell_error(kernel.name + " " + layer.name + " " + shape + ": " + error_text(error));
  if (!supported) return true;
  all = all && found.ok;
  tell({{"section", "correctness"},
        {"kernel", kernel.name},
        {"layer", layer.name},
        {"shape", shape},
        {"dtype", name_of(layer.type)},
        {"seed", seed},
        {"rel", found.relative_error},
        {"tolerance", found.tolerance},
        {"max", found.max_error},
        {"nan", found.not_finite},
        {"padding_is_zero", found.padding_is_zero},
        {"guards_intact", found.guards_intact},
        {"deterministic", found.deterministic},
        {"ok", found.ok}});
  return true;
}

bool check_all(const DeviceProperties& device, bool small) {
  bool all = true;
  for (const MeasuredLayer& layer : checked_layers()) {
    for (const LayerSize size : checked_sizes(small)) {
      // The large size is for indices beyond a tile's; one set of numbers is enough.
      const bool once = small || size.height * size.width > 10000;
      for (const uint32_t seed : kSeeds) {
        if (once && seed != kSeeds[0]) continue;
        for (const MeasuredKernel& kernel : measured_kernels()) {
          if (!check_one(layer, kernel, size, seed, device, all)) return false;
        }
      }
    }
  }
  return all;
}

void tell_times(const LayerProblem& problem, const MeasuredKernel& kernel, const char* size,
                int sets, const LayerTimes& times) {
  tell({{"section", "kernels"},
        {"name", problem.layer().name},
        {"kernel", kernel.name},
        {"shape", size},
        {"dtype", name_of(problem.layer().type)},
        {"us_med", times.median_us},
        {"us_p10", times.p10_us},
        {"us_p90", times.p90_us},
        {"round2_med", times.second_median_us},
        {"replays", times.replays},
        {"launches", times.launches},
        {"sets", sets},
        {"flop", problem.flop()},
        {"bytes", problem.bytes()},
        {"TF", static_cast<double>(problem.flop()) / times.median_us / 1e6},
        {"GBs", static_cast<double>(problem.bytes()) / times.median_us / 1e3}});
}

/// Those of `kernels` that run a layer, or the first of them alone.
bool time_kernels(const MeasuredLayer& layer, const NamedSize& measured,
                  const std::vector<MeasuredKernel>& kernels, const DeviceProperties& device,
                  bool first_alone) {
  LayerProblem problem(layer, measured.size.height * layer.scale, measured.size.width * layer.scale,
                       0, kSeeds[0]);
  // 60 MB is the largest cache of the GPUs that this is for.
  const int sets = std::min(64, sets_beyond(int64_t{60} << 20, problem.bytes()));
  const auto failed = [&](const std::string& what, CudaError error) {
    return tell_error(what + " " + layer.name + " " + measured.name + ": " + error_text(error));
  };
  if (const CudaError error = problem.prepare(sets)) return failed("maps of", error);
  for (const MeasuredKernel& kernel : kernels) {
    if (!problem.choose(kernel, device.compute_capability)) continue;
    LayerTimes times;
    CudaError error = problem.upload_weights();
    if (!error) error = time_layer(problem, sets, kGraphSeconds, kReplays, kSeconds, times);
    if (error) return failed(kernel.name, error);
    tell_times(problem, kernel, measured.name, sets, times);
    if (first_alone) break;
  }
  return true;
}

/// The fastest kernel of each layer at every size, all of them at the first.
bool time_all(const DeviceProperties& device) {
  for (const NamedSize& measured : kTimedSizes) {
    for (const MeasuredLayer& layer : timed_layers()) {
      if (!time_kernels(layer, measured, measured_kernels(), device, &measured != kTimedSizes))
        return false;
    }
  }
  return true;
}

/// The ladder's rungs, checked at every size and timed at the first.
bool climb(const DeviceProperties& device) {
  bool all = true;
  for (const MeasuredLayer& layer : conv3x3_rung_layers()) {
    for (const LayerSize size : checked_sizes(false)) {
      for (const MeasuredKernel& rung : conv3x3_rungs()) {
        if (!check_one(layer, rung, size, kSeeds[0], device, all)) return false;
      }
    }
    if (!time_kernels(layer, kTimedSizes[0], conv3x3_rungs(), device, false)) return false;
  }
  return all;
}

bool launch_once(const DeviceProperties& device, std::string_view name) {
  for (const MeasuredLayer& layer : timed_layers()) {
    if (layer.name != name) continue;
    for (const MeasuredKernel& kernel : measured_kernels()) {
      LayerProblem problem(layer, kTimedSizes[0].size.height * layer.scale,
                           kTimedSizes[0].size.width * layer.scale, 0, kSeeds[0]);
      CudaError error = problem.prepare(1);
      if (!error && !problem.choose(kernel, device.compute_capability)) continue;
      if (!error) error = problem.upload_weights();
      if (!error) error = problem.launch(0, 0, problem.output_height(), nullptr);
      if (!error) error = synchronize(nullptr);
      return error ? tell_error(error_text(error)) : true;
    }
  }
  return tell_error("no layer " + std::string(name) + ", or no kernel for it here");
}

}  // namespace
}  // namespace fovea::cuda

int main(int count, char** words) {
  using namespace fovea::cuda;
  const std::string_view what = count > 1 ? words[1] : "";
  const std::string_view more = count > 2 ? words[2] : "";
  const bool checks = what == "check" && (more.empty() || more == "--small");
  const bool alone = (what == "time" || what == "ladder") && more.empty();
  if (!checks && !alone && !(what == "once" && !more.empty())) {
    std::fprintf(stderr, "gpu_kernels check [--small] | time | once LAYER | ladder\n");
    return 2;
  }
  DeviceProperties device;
  if (!open_device(device)) return 1;
  if (checks) return check_all(device, more == "--small") ? 0 : 1;
  if (what == "ladder") return climb(device) ? 0 : 1;
  return (what == "time" ? time_all(device) : launch_once(device, more)) ? 0 : 1;
}
