#include "tools/fovea/model_facts.h"

namespace fovea::cli {

Result<ModelFacts> model_facts(const Model& model) {
  const Graph& graph = model.graph;
  ModelFacts facts;
  facts.in_channels = graph.value(graph.input()).channels;
  facts.out_channels = graph.value(graph.output()).channels;
  facts.parameters = parameter_count(graph);
  facts.receptive_radius = receptive_radius(graph);
  // Any size that the padding divides would do: the count is proportional to the area. 240 has many
  // divisors.
  const Size input{240 * model.padding_multiple, 240 * model.padding_multiple};
  FOVEA_ASSIGN_OR_RETURN(const int64_t products, multiply_accumulates(graph, input));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input));
  const Size output = sizes[static_cast<size_t>(graph.output())];
  // 1e-9 of an operation for each 1e-6 of a pixel.
  facts.gflop_per_megapixel =
      2.0 * static_cast<double>(products) / static_cast<double>(output.area()) * 1e-3;
  return facts;
}

}  // namespace fovea::cli
