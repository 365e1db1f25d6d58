// Single kernels on a GPU: gpu_kernels check [--small] | time | once LAYER | ladder. A JSON object
// a line (gpu_results.py has the sections); what fails is told and the rest goes on.
#include <algorithm>
#include <string_view>

#include "bench/gpu/dense_block_rungs.h"
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

void tell_check(const std::string& kernel, const std::string& layer, ElementType type,
                const std::string& shape, uint32_t seed, const LayerCheck& found) {
  tell({{"section", "correctness"},
        {"kernel", kernel},
        {"layer", layer},
        {"shape", shape},
        {"dtype", name_of(type)},
        {"seed", seed},
        {"rel", found.relative_error},
        {"tolerance", found.tolerance},
        {"max", found.max_error},
        {"nan", found.not_finite},
        {"padding_is_zero", found.padding_is_zero},
        {"guards_intact", found.guards_intact},
        {"deterministic", found.deterministic},
        {"ok", found.ok}});
}

std::string in_words(LayerSize size) {
  return std::to_string(size.height) + "x" + std::to_string(size.width);
}

/// A row, where `kernel` supports `layer`; `all` becomes false where it is wrong. False when the
/// device answers no more: what is left would only repeat the error.
bool check_one(const MeasuredLayer& layer, const MeasuredKernel& kernel, LayerSize size,
               uint32_t seed, const DeviceProperties& device, bool& all) {
  bool supported = false;
  LayerCheck found;
  const CudaError error =
      check_layer(layer, kernel, size, seed, device.compute_capability, supported, found);
  const std::string shape = in_words(size);
  if (error)
    return tell_error(kernel.name + " " + layer.name + " " + shape + ": " + error_text(error));
  if (!supported) return true;
  all = all && found.ok;
  tell_check(kernel.name, layer.name, layer.type, shape, seed, found);
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

/// What was timed: names as the row has them, and what a launch does.
struct Timed {
  std::string layer;
  std::string kernel;
  ElementType type;
  int64_t flop;
  int64_t bytes;
};

void tell_times(const Timed& timed, const char* size, int sets, const LayerTimes& times) {
  tell({{"section", "kernels"},
        {"name", timed.layer},
        {"kernel", timed.kernel},
        {"shape", size},
        {"dtype", name_of(timed.type)},
        {"us_med", times.median_us},
        {"us_p10", times.p10_us},
        {"us_p90", times.p90_us},
        {"round2_med", times.second_median_us},
        {"replays", times.replays},
        {"launches", times.launches},
        {"sets", sets},
        {"flop", timed.flop},
        {"bytes", timed.bytes},
        {"TF", static_cast<double>(timed.flop) / times.median_us / 1e6},
        {"GBs", static_cast<double>(timed.bytes) / times.median_us / 1e3}});
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
    tell_times({layer.name, kernel.name, layer.type, problem.flop(), problem.bytes()},
               measured.name, sets, times);
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

/// The rungs of the dense block's ladder: checked at some sizes, timed at the first of networks.
bool climb_dense_block(const DeviceProperties& device) {
  constexpr int64_t kRowPadding = 3;
  constexpr LayerSize kSizes[] = {{7, 5}, {65, 33}, {24, 1280}};
  const std::string name = "dense block";
  const auto failed = [&](const DenseBlockRung& rung, CudaError error) {
    return tell_error(rung.name + " " + name + ": " + error_text(error));
  };
  const auto each_rung = [&](DenseBlockProblem& problem, int sets, auto use) {
    if (const CudaError error = problem.prepare(sets))
      return tell_error("maps of " + name + ": " + error_text(error));
    for (const DenseBlockRung& rung : dense_block_rungs()) {
      if (!rung.runs_on(device.compute_capability)) continue;
      CudaError error = problem.choose(rung, device.compute_capability);
      if (!error) error = use(rung);
      if (error) return failed(rung, error);
    }
    return true;
  };
  bool all = true;
  for (const LayerSize size : kSizes) {
    DenseBlockProblem problem(size, kRowPadding, kSeeds[0]);
    const bool answered = each_rung(problem, 1, [&](const DenseBlockRung& rung) {
      LayerCheck found;
      if (const CudaError error = problem.check(found)) return error;
      all = all && found.ok;
      tell_check(rung.name, name, ElementType::kF16, in_words(size), kSeeds[0], found);
      return CudaError{0};
    });
    if (!answered) return false;
  }
  DenseBlockProblem problem(kTimedSizes[0].size, 0, kSeeds[0]);
  constexpr int kSets = 2;  // a buffer alone is 350 MB, above any cache
  const bool answered = each_rung(problem, kSets, [&](const DenseBlockRung& rung) {
    LayerTimes times;
    const auto launch = [&](int set, Stream stream) { return problem.launch(set, stream); };
    if (const CudaError error =
            time_launches(launch, kSets, kGraphSeconds, kReplays, kSeconds, times))
      return error;
    tell_times({name, rung.name, ElementType::kF16, problem.flop(), problem.bytes()},
               kTimedSizes[0].name, kSets, times);
    return CudaError{0};
  });
  return answered && all;
}

/// The rungs of the convolution's ladder, checked at every size and timed at the first.
bool climb_conv3x3(const DeviceProperties& device) {
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
  if (what == "ladder") {
    const bool convolutions = climb_conv3x3(device);
    return climb_dense_block(device) && convolutions ? 0 : 1;
  }
  return (what == "time" ? time_all(device) : launch_once(device, more)) ? 0 : 1;
}
