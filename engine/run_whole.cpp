#include "engine/run_whole.h"

#include "engine/thread_team.h"

namespace fovea {

Result<Tensor> run_whole(const Backend& backend, const Graph& graph, const Tensor& input,
                         const std::function<void(Tensor& map)>& on_map) {
  if (input.channels() != graph.value(graph.input()).channels)
    return fail(ErrorCode::kUsage, "the input has {} channels, the network {}", input.channels(),
                graph.value(graph.input()).channels);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input.size()));
  ThreadTeam team(available_cores());
  FOVEA_ASSIGN_OR_RETURN(const Steps steps, backend.lower(graph, team));

  std::vector<Tensor> maps(graph.values().size());
  maps[static_cast<size_t>(graph.input())] = input;
  if (on_map) on_map(maps[static_cast<size_t>(graph.input())]);
  std::vector<size_t> last_reader(maps.size(), steps.size());
  for (size_t s = 0; s < steps.size(); ++s) {
    for (const ValueId id : steps[s]->inputs()) last_reader[static_cast<size_t>(id)] = s;
  }
  last_reader[static_cast<size_t>(graph.output())] = steps.size();

  for (size_t s = 0; s < steps.size(); ++s) {
    const Step& step = *steps[s];
    const auto out = static_cast<size_t>(step.output());
    maps[out] = Tensor(sizes[out], graph.values()[out].channels);
    std::vector<ConstTensorView> inputs;
    for (const ValueId id : step.inputs())
      inputs.push_back(std::as_const(maps[static_cast<size_t>(id)]).view());
    const TensorView output = maps[out].view();
    const RowRange all{0, sizes[out].height};
    AlignedFloats scratch(static_cast<size_t>(step.scratch_floats(sizes[out], team.size())));
    host_step(step).run(team, inputs, output, all, scratch.data());
    if (on_map) on_map(maps[out]);
    for (const ValueId id : step.inputs()) {
      if (last_reader[static_cast<size_t>(id)] == s) maps[static_cast<size_t>(id)] = Tensor();
    }
  }
  return std::move(maps[static_cast<size_t>(graph.output())]);
}

}  // namespace fovea
