#include "kernels/cuda/cuda_executor.h"

#include <algorithm>
#include <map>
#include <vector>

#include "kernels/cuda/cuda_step.h"
#include "kernels/cuda/finite_watch.h"
#include "kernels/cuda/graph_recorder.h"
#include "kernels/cuda/row_staging.h"
#include "kernels/cuda/time_model.h"

namespace fovea::cuda {
namespace {

// Leaves room for the driver's own and for whatever else draws on the device.
constexpr double kShareOfFreeMemory = 0.9;

// Steps that may be under way while the host goes on: enough that the device never waits, few
// enough that progress is true and a cancellation is heard.
constexpr size_t kStepsBetweenMarks = 16;

class CudaExecutor : public Executor {
 public:
  explicit CudaExecutor(std::shared_ptr<const DeviceContext> context)
      : context_(std::move(context)) {}

  ~CudaExecutor() override { CudaExecutor::release(); }

  MapStorage storage() const override { return {kPlaneChannels, element_bytes(context_->type())}; }

  int64_t arena_room(int64_t) const override {
    int64_t free_bytes = 0;
    int64_t total_bytes = 0;
    if (!context_->make_current() || free_memory(free_bytes, total_bytes) != 0) return 1;
    const double with_ours = static_cast<double>(free_bytes + arena_.bytes());
    return std::max<int64_t>(
        1, static_cast<int64_t>(kShareOfFreeMemory * with_ours) - 2 * RowStaging::kMostDeviceBytes);
  }

  double predicted_seconds(const Graph& graph, const Steps& steps, const Plan& plan,
                           SampleType rows) const override {
    return cuda::predicted_seconds(graph, steps, plan,
                                   device_rates(context_->properties(), context_->type()), rows);
  }

  int64_t host_bytes(const Graph& graph, const Plan& plan) const override {
    const auto staged = [&](const RowStaging& staging, ValueId id) {
      return staging.host_bytes(plan.sizes[static_cast<size_t>(id)].width,
                                graph.value(id).channels);
    };
    return staged(input_, graph.input()) + staged(output_, graph.output());
  }

  Status begin(const Graph& graph, const Plan& plan, const RowSource& source,
               const RowSink& sink) override {
    FOVEA_TRY(context_->make_current());
    const bool same = graph_ == &graph && size_ == plan.sizes[static_cast<size_t>(graph.input())] &&
                      band_height_ == plan.band_height && arena_floats_ == plan.arena_floats;
    if (!same) {
      recorder_.forget();
      tables_.clear();
    }
    graph_ = &graph;
    plan_ = &plan;
    size_ = plan.sizes[static_cast<size_t>(graph.input())];
    band_height_ = plan.band_height;
    arena_floats_ = plan.arena_floats;
    recorder_.begin(same && arena_.bytes() >= plan.arena_bytes());
    FOVEA_TRY(to_status(arena_.reserve(Buffer::Place::kDevice, plan.arena_bytes()),
                        "memory for the feature maps"));
    source_ = &source;
    sink_ = &sink;
    FOVEA_TRY(prepare(input_, graph.input(), source.type, source.factor));
    FOVEA_TRY(prepare(output_, graph.output(), sink.type, sink.factor));
    FOVEA_TRY(watch_.begin(sink.has_samples(), context_->stream()));
    for (Mark& mark : marks_) {
      if (mark.event == nullptr) FOVEA_TRY(to_status(create_event(mark.event), "making an event"));
      mark.is_set = false;
    }
    steps_since_mark_ = 0;
    return {};
  }

  Status take_input(RowRange rows) override {
    FOVEA_TRY(to_status(recorder_.end_segment(context_->stream()), "running kernels"));
    return input_.load(rows, *source_, map(graph_->input()), context_->stream());
  }

  Status run(const Step& step, RowRange rows) override {
    const auto& cuda_step = static_cast<const CudaStep&>(step);
    FOVEA_ASSIGN_OR_RETURN(const StepTables* tables, tables_of(cuda_step));
    bool enqueue = true;
    FOVEA_TRY(to_status(recorder_.before_kernel(context_->stream(), enqueue), "recording kernels"));
    if (!enqueue) return {};
    maps_.clear();
    for (const ValueId id : step.inputs()) maps_.push_back(map(id));
    const Workspace workspace{arena_.data<float>() + plan_->scratch_offset, tables,
                              context_->stream()};
    FOVEA_TRY(to_status(cuda_step.enqueue(maps_, map(step.output()), rows, workspace),
                        "launching a kernel"));
    return recorder_.is_recording() ? Status{} : keep_pace();
  }

  Status give_output(RowRange rows) override {
    FOVEA_TRY(to_status(recorder_.end_segment(context_->stream()), "running kernels"));
    return output_.store(rows, *sink_, map(graph_->output()), watch_.word(), context_->stream());
  }

  Status finish() override {
    FOVEA_TRY(to_status(recorder_.end_segment(context_->stream()), "running kernels"));
    FOVEA_TRY(output_.finish(*sink_));
    return watch_.finish(context_->stream());
  }

  void abandon() override {
    recorder_.forget();
    (void)synchronize(context_->stream());
    input_.abandon();
    output_.abandon();
    graph_ = nullptr;
  }

  void release() override {
    if (!context_->make_current()) return;
    (void)synchronize(context_->stream());
    recorder_.forget();
    tables_.clear();
    input_.release();
    output_.release();
    watch_.release();
    arena_.release();
    for (Mark& mark : marks_) {
      if (mark.event != nullptr) destroy_event(mark.event);
      mark = {};
    }
    graph_ = nullptr;
  }

  bool is_device() const override { return true; }

 private:
  struct Mark {
    Event event = nullptr;
    bool is_set = false;
  };

  Status prepare(RowStaging& staging, ValueId id, SampleType type, float factor) const {
    return staging.prepare(plan_->sizes[static_cast<size_t>(id)], graph_->value(id).channels, type,
                           factor);
  }

  DeviceMap map(ValueId id) const {
    const Value& value = graph_->value(id);
    const MapPlan& place = plan_->maps[static_cast<size_t>(value.placement.root)];
    const Size size = plan_->sizes[static_cast<size_t>(id)];
    DeviceMap whole;
    whole.data = arena_.data<float>() + place.offset;
    whole.type = context_->type();
    whole.height = size.height;
    whole.width = size.width;
    whole.row_stride = place.row_stride / place.pixel_stride;
    whole.plane_stride = place.plane_stride / place.pixel_stride;
    whole.ring_rows = place.ring_rows;
    return whole.slice(value.placement.channel_offset, value.channels);
  }

  Result<const StepTables*> tables_of(const CudaStep& step) {
    const auto known = tables_.find(&step);
    if (known != tables_.end()) return known->second.get();
    const auto size = [&](ValueId id) { return plan_->sizes[static_cast<size_t>(id)]; };
    FOVEA_ASSIGN_OR_RETURN(
        auto made, step.make_tables(*context_, size(step.inputs()[0]), size(step.output())));
    return (tables_[&step] = std::move(made)).get();
  }

  // Waits for the mark before the last now and then.
  Status keep_pace() {
    if (++steps_since_mark_ < kStepsBetweenMarks) return {};
    steps_since_mark_ = 0;
    Mark& mark = marks_[next_mark_];
    next_mark_ = 1 - next_mark_;
    if (mark.is_set) FOVEA_TRY(to_status(wait_for(mark.event), "waiting for the device"));
    mark.is_set = true;
    return to_status(record(mark.event, context_->stream()), "marking a step");
  }

  std::shared_ptr<const DeviceContext> context_;
  Buffer arena_;
  RowStaging input_;
  RowStaging output_;
  FiniteWatch watch_;
  GraphRecorder recorder_;
  std::map<const CudaStep*, std::unique_ptr<StepTables>> tables_;
  const Graph* graph_ = nullptr;
  const Plan* plan_ = nullptr;
  Size size_;
  int64_t band_height_ = 0;
  int64_t arena_floats_ = 0;
  const RowSource* source_ = nullptr;
  const RowSink* sink_ = nullptr;
  std::vector<DeviceMap> maps_;
  Mark marks_[2];
  size_t next_mark_ = 0;
  size_t steps_since_mark_ = 0;
};

}  // namespace

std::unique_ptr<Executor> make_cuda_executor(std::shared_ptr<const DeviceContext> context) {
  return std::make_unique<CudaExecutor>(std::move(context));
}

}  // namespace fovea::cuda
