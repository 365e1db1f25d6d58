#include "kernels/cuda/time_model.h"

#include <algorithm>

#include "engine/passes/rewriter.h"
#include "engine/sweep.h"

namespace fovea::cuda {
namespace {

// Of the peak, that kernels which multiply matrices reach; of the bus's rate, that memory does.
constexpr double kShareOfPeak = 0.75;
constexpr double kShareOfMemoryRate = 0.9;
// Lines are not evicted in the order of their last use alone.
constexpr double kShareOfCache = 0.75;
// A x16 slot of the fourth generation moves 25 GB/s of page-locked memory, one of the third 12.
constexpr double kBusBytes = 20e9;
// A gap of 1 us between kernels of a graph, loads of weights, the first row, the last block.
constexpr double kLaunchSeconds = 3e-6;
// Where a device does not tell.
constexpr double kClockRate = 1.5e9;
constexpr double kMemoryRate = 300e9;

// Multiply-adds a cycle of one multiprocessor: on its tensor cores, f16 or bf16 with sums in f32,
// by the architectures' white papers (consumer parts of 8.6, 8.9 and 12.0 sum at half their rate).
double tensor_rate(int compute_capability) {
  if (compute_capability >= 120) return 256;
  if (compute_capability >= 90) return 2048;
  if (compute_capability >= 86) return 256;
  if (compute_capability >= 80) return 1024;
  return 512;
}

double scalar_rate(int compute_capability) {
  return compute_capability == 75 || compute_capability == 80 ? 64 : 128;
}

// The clock of everything: when copies and kernels are done with what has been enqueued, and what
// has passed through the cache.
class Timeline {
 public:
  Timeline(const Graph& graph, const Plan& plan, const DeviceRates& rates, SampleType rows)
      : graph_(graph),
        plan_(plan),
        rates_(rates),
        sample_bytes_(byte_count(rows)),
        producers_(producers_of_values(graph)),
        touched_(plan.maps.size(), 0) {
    const auto held = static_cast<double>(rates.cache_bytes);
    fits_ = static_cast<double>(plan.arena_bytes()) <= held;
  }

  void take_input(RowRange rows) {
    const ValueId input = graph_.input();
    copied_in_ += host_bytes(input, rows) / rates_.bus_bytes;
    computed_ = std::max(computed_, copied_in_);
    touch(input, map_bytes(input, rows));
  }

  void run(const Step& step, RowRange rows) {
    const ValueId output = step.output();
    if (is_in_place(step)) return;
    const Size out = size(output);
    double from_memory = 0;
    double moved = 0;
    for (size_t i = 0; i < step.inputs().size(); ++i) {
      const ValueId input = step.inputs()[i];
      const double bytes =
          map_bytes(input, step.rows_needed(i, rows, size(input).height, out.height));
      if (!is_cached(input)) from_memory += bytes;
      moved += bytes;
    }
    const double written = map_bytes(output, rows);
    if (!fits_) from_memory += written;
    const double work = step.work_per_pixel() * static_cast<double>(rows.size() * out.width);
    computed_ += rates_.launch_seconds +
                 std::max(work / rates_.multiply_adds, from_memory / rates_.memory_bytes);
    for (const ValueId input : step.inputs()) touched_[root(input)] = passed_;
    passed_ += moved;
    touch(output, written);
  }

  void give_output(RowRange rows) {
    copied_out_ =
        std::max(copied_out_, computed_) + host_bytes(graph_.output(), rows) / rates_.bus_bytes;
  }

  double seconds() const { return std::max(computed_, copied_out_); }

 private:
  // A concat whose inputs were written where they belong (passes/place_concat) is no work at all.
  bool is_in_place(const Step& step) const {
    const Node& node = *producers_[static_cast<size_t>(step.output())];
    return std::holds_alternative<Concat>(node.op) &&
           std::all_of(node.inputs.begin(), node.inputs.end(),
                       [&](ValueId input) { return root(input) == root(node.output); });
  }
  Size size(ValueId value) const { return plan_.sizes[static_cast<size_t>(value)]; }
  size_t root(ValueId value) const {
    return static_cast<size_t>(graph_.value(value).placement.root);
  }
  double map_bytes(ValueId value, RowRange rows) const {
    const int64_t planes = planes_of(graph_.value(value).channels);
    return static_cast<double>(rows.size() * size(value).width * planes *
                               plan_.storage.plane_channels * plan_.storage.value_bytes);
  }
  double host_bytes(ValueId value, RowRange rows) const {
    return static_cast<double>(rows.size() * size(value).width * graph_.value(value).channels *
                               sample_bytes_);
  }
  // Since before it was last touched, itself included.
  bool is_cached(ValueId value) const {
    return fits_ || passed_ - touched_[root(value)] <= static_cast<double>(rates_.cache_bytes);
  }
  void touch(ValueId value, double bytes) {
    touched_[root(value)] = passed_;
    passed_ += bytes;
  }

  const Graph& graph_;
  const Plan& plan_;
  const DeviceRates& rates_;
  int64_t sample_bytes_;
  std::vector<const Node*> producers_;  // by value
  bool fits_ = false;
  double copied_in_ = 0;
  double computed_ = 0;
  double copied_out_ = 0;
  double passed_ = 0;            // bytes through the cache
  std::vector<double> touched_;  // by placement root: passed_ before it was last touched
};

}  // namespace

DeviceRates device_rates(const DeviceProperties& properties, ElementType type) {
  const double clock = properties.clock_rate > 0 ? properties.clock_rate : kClockRate;
  const double memory = properties.memory_rate > 0 ? properties.memory_rate : kMemoryRate;
  const int capability = properties.compute_capability;
  const double rate = type == ElementType::kF32 ? scalar_rate(capability) : tensor_rate(capability);
  return {kShareOfPeak * rate * clock * properties.multiprocessors, kShareOfMemoryRate * memory,
          kBusBytes, kLaunchSeconds,
          static_cast<int64_t>(kShareOfCache * static_cast<double>(properties.cache_bytes))};
}

double predicted_seconds(const Graph& graph, const Steps& steps, const Plan& plan,
                         const DeviceRates& rates, SampleType rows) {
  Timeline timeline(graph, plan, rates, rows);
  Sweep sweep(graph, steps, plan.sizes, plan.band_height);
  SweepPiece piece;
  while (sweep.next(piece)) {
    ValueId written = graph.input();
    if (piece.step == SweepPiece::kInput) {
      timeline.take_input(piece.rows);
    } else {
      const Step& step = *steps[static_cast<size_t>(piece.step)];
      written = step.output();
      timeline.run(step, piece.rows);
    }
    if (written == graph.output()) timeline.give_output(piece.rows);
  }
  return timeline.seconds();
}

}  // namespace fovea::cuda
