#include "engine/session.h"

#include <algorithm>

#include "engine/passes/passes.h"

namespace fovea {

Result<Session> Session::create(const Graph& graph, const Backend& backend, ThreadTeam& team) {
  FOVEA_ASSIGN_OR_RETURN(Graph rewritten, rewrite(graph, backend.rewrites()));
  FOVEA_ASSIGN_OR_RETURN(Steps steps, backend.lower(rewritten, team));
  FOVEA_ASSIGN_OR_RETURN(auto executor, backend.make_executor(team));
  return Session(std::move(rewritten), std::move(steps), std::move(executor), team);
}

Status Session::prepare(Size input, PlanOptions options) {
  options.threads = team_->size();
  const bool known = plan_ && plan_->sizes[static_cast<size_t>(graph_.input())] == input &&
                     planned_for_ == options;
  if (known) return {};
  plan_.reset();
  PlanOptions here = options;
  here.memory_ceiling = executor_->arena_room(options.memory_ceiling);
  PlanCost cost;
  if (executor_->is_device()) {
    cost = [this, rows = options.row_type](const Plan& plan) {
      return executor_->predicted_seconds(graph_, steps_, plan, rows);
    };
  }
  FOVEA_ASSIGN_OR_RETURN(plan_, make_plan(graph_, steps_, input, here, executor_->storage(), cost));
  planned_for_ = options;
  return {};
}

Status Session::run(const RowSource& source, const RowSink& sink, const Progress& progress) {
  step_ms_.assign(steps_.size(), 0.0);
  return run_swept(graph_, steps_, *plan_, *executor_, source, sink, progress, &step_ms_);
}

void Session::add_step_times(std::vector<StepTime>& times) const {
  if (executor_->is_device()) return;
  std::vector<std::string_view> op_of_value(graph_.values().size());
  for (const Node& node : graph_.nodes())
    op_of_value[static_cast<size_t>(node.output)] = operator_name(node.op);
  for (size_t s = 0; s < step_ms_.size(); ++s) {
    const std::string_view op = op_of_value[static_cast<size_t>(steps_[s]->output())];
    auto row =
        std::find_if(times.begin(), times.end(), [&](const StepTime& t) { return t.op == op; });
    if (row == times.end()) row = times.insert(row, {op, 0, 0.0});
    ++row->steps;
    row->ms += step_ms_[s];
  }
}

Result<Size> Session::output_size(Size input) const {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph_, input));
  return sizes[static_cast<size_t>(graph_.output())];
}

}  // namespace fovea
