// Session: a graph made ready on one backend, with its threads and its arena.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/run_swept.h"

namespace fovea {

/// What the steps of one operator took together.
struct StepTime {
  std::string_view op;  ///< operator_name
  int64_t steps = 0;
  double ms = 0;
};

/// Owns what one running network needs: the rewritten graph, the lowered steps with their packed
/// weights, the arena and, for the size last seen, the plan. The thread team is the owner's and
/// shared. One thread at a time.
class Session {
 public:
  static Result<Session> create(const Graph& graph, const Backend& backend, ThreadTeam& team);

  /// Plans for pictures of `input` pixels and the team's threads; the plan of the last size is
  /// kept. The ceiling is the host's; a device with memory of its own has that. kMemory when no
  /// plan fits.
  Status prepare(Size input, PlanOptions options);

  /// Runs one picture of the size that was prepared last. kMemory when the arena cannot be had;
  /// then what source, sink and progress say (run_swept).
  Status run(const RowSource& source, const RowSink& sink, const Progress& progress = {});

  /// Gives the arena back; the next run takes it anew.
  void release_arena() { executor_->release(); }

  /// True when maps lie in the memory of a device.
  bool is_on_device() const { return executor_->is_device(); }

  /// Bytes of the host's memory that running the plan takes.
  int64_t host_bytes() const { return executor_->host_bytes(graph_, *plan_); }

  /// The output's size for an input's.
  Result<Size> output_size(Size input) const;

  const Graph& graph() const { return graph_; }

  /// Adds what the steps of the last run took to `times`, steps of one operator in one row; nothing
  /// where a device works on its own time.
  void add_step_times(std::vector<StepTime>& times) const;

  /// The plan that was prepared last; none before the first.
  const std::optional<Plan>& plan() const { return plan_; }

 private:
  Session(Graph graph, Steps steps, std::unique_ptr<Executor> executor, ThreadTeam& team)
      : graph_(std::move(graph)),
        steps_(std::move(steps)),
        executor_(std::move(executor)),
        team_(&team) {}

  Graph graph_;
  Steps steps_;
  std::unique_ptr<Executor> executor_;
  ThreadTeam* team_;
  std::optional<Plan> plan_;
  PlanOptions planned_for_;
  std::vector<double> step_ms_;  // of the last run, by step
};

}  // namespace fovea
