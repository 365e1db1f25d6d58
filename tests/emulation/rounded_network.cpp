#include "tests/emulation/rounded_network.h"

#include <cmath>

#include "kernels/cuda/rounding16.h"

namespace fovea::test {
namespace {

float rounded(float value, cuda::ElementType type) {
  if (type == cuda::ElementType::kF32) return value;
  return cuda::from_16_bits(type, cuda::round_to_16_bits(type, value));
}

void round_all(AlignedFloats& values, cuda::ElementType type) {
  for (float& value : values) value = rounded(value, type);
}

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
    for (float& value : values) value = rounded(value, type);
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
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input.size()));
  const auto backend = make_reference_backend(ReferenceAccumulator::kF64);
  FOVEA_ASSIGN_OR_RETURN(const Steps steps, backend->lower(rounded_graph));
  ThreadTeam team(2);
  std::vector<Tensor> maps(graph.values().size());
  Tensor& first = maps[static_cast<size_t>(graph.input())];
  first = input;
  round_all(first.values(), type);
  for (const auto& step : steps) {
    const auto out = static_cast<size_t>(step->output());
    maps[out] = Tensor(sizes[out], graph.values()[out].channels);
    std::vector<ConstTensorView> inputs;
    for (const ValueId id : step->inputs())
      inputs.push_back(std::as_const(maps[static_cast<size_t>(id)]).view());
    AlignedFloats scratch(static_cast<size_t>(step->scratch_floats(sizes[out], team.size())));
    host_step(*step).run(team, inputs, maps[out].view(), {0, sizes[out].height}, scratch.data());
    round_all(maps[out].values(), type);
  }
  return std::move(maps[static_cast<size_t>(graph.output())]);
}

double relative_error(ConstTensorView a, ConstTensorView b) {
  double error = 0;
  double norm = 0;
  for (int64_t y = 0; y < b.height; ++y) {
    for (int64_t x = 0; x < b.width; ++x) {
      for (int64_t c = 0; c < b.channels; ++c) {
        const double expected = b.at(y, x)[c];
        const double difference = a.at(y, x)[c] - expected;
        error += difference * difference;
        norm += expected * expected;
      }
    }
  }
  return std::sqrt(error / norm);
}

}  // namespace fovea::test
