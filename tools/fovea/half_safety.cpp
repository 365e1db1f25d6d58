#include "tools/fovea/half_safety.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "engine/backend.h"
#include "engine/rounding.h"
#include "engine/run_whole.h"

namespace fovea::cli {
namespace {

constexpr double kLargestHalf = 65504;
constexpr double kRoomForOtherPictures = 16;
constexpr double kRoundingError = 0.288675;  // of a step: 1 / sqrt(12)
constexpr int64_t kSide = 32;

double magnitude(std::span<const float> values, double largest) {
  for (const float value : values) {
    // A NaN is larger than anything.
    if (!(std::abs(static_cast<double>(value)) <= largest))
      largest = std::isnan(value) ? std::numeric_limits<double>::infinity()
                                  : std::abs(static_cast<double>(value));
  }
  return largest;
}

void round_to_half(std::span<float> values) {
  for (float& value : values) value = half_to_float(float_to_half(value));
}

// `graph` with its parameters rounded.
Result<Graph> with_half_parameters(const Graph& graph) {
  Graph rounded;
  rounded.add_input(graph.value(graph.input()).channels);
  for (const WeightTensor& parameter : graph.parameters()) {
    FOVEA_ASSIGN_OR_RETURN(std::vector<float> values, to_f32(parameter));
    round_to_half(values);
    rounded.add_parameter(make_weight(parameter.name, parameter.shape, values));
  }
  for (const Node& node : graph.nodes()) FOVEA_TRY(rounded.add(node.op, node.inputs, node.name));
  rounded.set_output(graph.output());
  return rounded;
}

// Three parts side by side: a ramp, noise, and squares of black and white.
Tensor probe_picture(const Model& model) {
  const Graph& graph = model.graph;
  const int64_t side = round_up(kSide, model.padding_multiple);
  Tensor picture({side, side}, graph.value(graph.input()).channels);
  std::mt19937 random(1);
  constexpr float kSpread = 1.0f / 4294967296.0f;
  for (int64_t y = 0; y < side; ++y) {
    for (int64_t x = 0; x < side; ++x) {
      for (int64_t c = 0; c < picture.channels(); ++c) {
        const auto noise = static_cast<float>(random()) * kSpread;
        const float ramp = static_cast<float>(y + c) / static_cast<float>(side + 4);
        const float square = (x / 4 + y / 4 + c) % 2 == 0 ? 0.0f : 1.0f;
        const float value = 3 * x < side ? ramp : 3 * x < 2 * side ? noise : square;
        *(picture.view().at(y, x) + c) = value * model.range;
      }
    }
  }
  return picture;
}

}  // namespace

Result<HalfSafety> judge_half_safety(const Model& model) {
  FOVEA_ASSIGN_OR_RETURN(const auto backend, make_backend(DeviceKind::kCpu, Precision::kF32, 0));
  HalfSafety told;
  for (const WeightTensor& parameter : model.graph.parameters()) {
    FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(parameter));
    told.largest_weight = magnitude(values, told.largest_weight);
  }
  const auto note_map = [&](Tensor& map) {
    told.largest_value = magnitude(map.values(), told.largest_value);
  };
  const Tensor picture = probe_picture(model);
  FOVEA_ASSIGN_OR_RETURN(Tensor expected, run_whole(*backend, model.graph, picture, note_map));

  FOVEA_ASSIGN_OR_RETURN(const Graph rounded, with_half_parameters(model.graph));
  const auto round_map = [](Tensor& map) { round_to_half(map.values()); };
  FOVEA_ASSIGN_OR_RETURN(Tensor actual, run_whole(*backend, rounded, picture, round_map));
  const std::span<const float> before(expected.values()), after(actual.values());
  double squares = 0;
  for (size_t i = 0; i < before.size(); ++i) {
    const double error = static_cast<double>(after[i]) - static_cast<double>(before[i]);
    squares += error * error;
  }
  told.result_error = std::sqrt(squares / static_cast<double>(before.size())) * 255 /
                      static_cast<double>(model.range);
  if (!std::isfinite(told.result_error))
    told.result_error = std::numeric_limits<double>::infinity();
  told.safe = told.largest_weight <= kLargestHalf &&
              told.largest_value <= kLargestHalf / kRoomForOtherPictures &&
              told.result_error <= kRoundingError;
  return told;
}

}  // namespace fovea::cli
