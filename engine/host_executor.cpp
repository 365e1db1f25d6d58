#include <vector>

#include "engine/arena.h"
#include "engine/backend.h"
#include "engine/executor.h"

namespace fovea {
namespace {

class HostExecutor : public Executor {
 public:
  HostExecutor(ThreadTeam& team, float* arena) : team_(team), foreign_(arena) {}

  MapStorage storage() const override { return {}; }
  int64_t arena_room(int64_t host_room) const override { return host_room; }
  int64_t host_bytes(const Graph&, const Plan& plan) const override {
    return Arena::bytes_for(plan.arena_floats);
  }

  Status begin(const Graph& graph, const Plan& plan, const RowSource& source,
               const RowSink& sink) override {
    graph_ = &graph;
    plan_ = &plan;
    source_ = &source;
    sink_ = &sink;
    if (foreign_ == nullptr && !own_.reserve(plan.arena_floats)) {
      return fail(ErrorCode::kMemory,
                  "{} MiB for the feature maps cannot be had; free memory or make the picture "
                  "smaller",
                  plan.arena_bytes() >> 20);
    }
    return {};
  }

  Status take_input(RowRange rows) override { return source_->values(rows, view(graph_->input())); }

  Status run(const Step& step, RowRange rows) override {
    inputs_.clear();
    for (const ValueId id : step.inputs()) inputs_.push_back(view(id));
    host_step(step).run(team_, inputs_, view(step.output()), rows, arena() + plan_->scratch_offset);
    return {};
  }

  Status give_output(RowRange rows) override { return sink_->values(rows, view(graph_->output())); }

  Status finish() override { return {}; }
  void release() override { own_.release(); }

 private:
  float* arena() const { return foreign_ != nullptr ? foreign_ : own_.data(); }
  TensorView view(ValueId value) const { return map_view(*graph_, *plan_, arena(), value); }

  ThreadTeam& team_;
  float* foreign_;
  Arena own_;
  const Graph* graph_ = nullptr;
  const Plan* plan_ = nullptr;
  const RowSource* source_ = nullptr;
  const RowSink* sink_ = nullptr;
  std::vector<ConstTensorView> inputs_;
};

}  // namespace

std::unique_ptr<Executor> make_host_executor(ThreadTeam& team) {
  return std::make_unique<HostExecutor>(team, nullptr);
}

std::unique_ptr<Executor> make_host_executor(ThreadTeam& team, float* arena) {
  return std::make_unique<HostExecutor>(team, arena);
}

}  // namespace fovea
