#include "tests/emulation/rounded_network.h"

#include "engine/run_whole.h"
#include "tests/emulation/map_buffer.h"

namespace fovea::test {
namespace {

// The same nodes over rounded weights (biases and slopes stay f32 on the device).
Result<Graph> with_rounded_weights(const Graph& graph, cuda::ElementType type) {
  std::vector<bool> is_weight(graph.parameters().size(), false);
  for (const Node& node : graph.nodes()) {
    if (const auto* convolution = std::get_if<Convolution>(&node.op))
      is_weight[static_cast<size_t>(convolution->weight)] = true;
    if (const auto* upsample = std::get_if<UpsampleConvolution>(&node.op))
      is_weight[static_cast<size_t>(upsample->weight)] = true;
    if (const auto* shuffle = std::get_if<ShuffleConvolution>(&node.op))
      is_weight[static_cast<size_t>(shuffle->convolution.weight)] = true;
  }
  Graph copy;
  copy.add_input(graph.value(graph.input()).channels);
  for (size_t p = 0; p < graph.parameters().size(); ++p) {
    const WeightTensor& tensor = graph.parameters()[p];
    if (!is_weight[p]) {
      copy.add_parameter(tensor);
      continue;
    }
    FOVEA_ASSIGN_OR_RETURN(std::vector<float> values, to_f32(tensor));
    for (float& value : values) value = rounded_to(type, value);
    copy.add_parameter(make_weight(tensor.name, tensor.shape, values));
  }
  for (const Node& node : graph.nodes()) {
    FOVEA_ASSIGN_OR_RETURN(const ValueId output, copy.add(node.op, node.inputs, node.name));
    if (output != node.output)
      return fail(ErrorCode::kUsage, "{}: its value has another number in the copy", node.name);
  }
  copy.set_output(graph.output());
  return copy;
}

}  // namespace

Result<Tensor> run_rounded(const Graph& graph, const Tensor& input, cuda::ElementType type) {
  FOVEA_ASSIGN_OR_RETURN(const Graph rounded_graph, with_rounded_weights(graph, type));
  return run_whole(*make_reference_backend(ReferenceAccumulator::kF64), rounded_graph, input,
                   [type](Tensor& map) { map = rounded_to(type, map); });
}

}  // namespace fovea::test
