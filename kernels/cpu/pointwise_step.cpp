#include "kernels/cpu/pointwise_step.h"

#include <algorithm>

#include "kernels/cpu/step_arguments.h"

namespace fovea::cpu {
namespace {

// Rows that a thread takes together: waking the team for fewer floats takes longer than the work.
constexpr int64_t kFloatsAnItem = 8192;

// Arguments without maps, and the parameters that they point to.
struct Parameters {
  PointwiseArgs args{};
  std::vector<float> first;   // slopes or weight
  std::vector<float> second;  // bias
};

class PointwiseStep : public OperatorStep {
 public:
  PointwiseStep(const Node& node, double work_per_pixel, const KernelTable& kernels,
                Parameters parameters)
      : OperatorStep(node, work_per_pixel), kernels_(kernels), parameters_(std::move(parameters)) {}

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
           RowRange rows, float*) const override {
    PointwiseArgs args = parameters_.args;
    args.slopes = args.weight = parameters_.first.data();
    args.bias = parameters_.second.data();
    args.input_count = static_cast<int32_t>(inputs.size());
    args.width = output.width;
    args.channels = output.channels;
    args.out_stride = output.pixel_stride;
    bool is_dense = output.pixel_stride == output.channels;
    for (size_t i = 0; i < inputs.size(); ++i) {
      // One pixel stands for all.
      const bool is_repeated = inputs[i].size() == Size{1, 1};
      args.in_stride[i] = is_repeated ? 0 : inputs[i].pixel_stride;
      is_dense = is_dense && args.in_stride[i] == output.channels;
    }
    // A row of pixels without gaps, to an operator that treats all channels alike, is one pixel.
    if (is_dense && parameters_.first.empty()) {
      args.channels *= args.width;
      args.width = 1;
    }
    const int64_t row_floats = std::max<int64_t>(1, output.width * output.channels);
    const int64_t together = std::max<int64_t>(1, kFloatsAnItem / row_floats);
    const int64_t items = (rows.size() + together - 1) / together;
    team.run(items, [&](int64_t item, int) {
      PointwiseArgs row = args;
      const int64_t begin = rows.begin + item * together;
      for (int64_t y = begin; y < std::min(begin + together, rows.end); ++y) {
        for (size_t i = 0; i < inputs.size(); ++i)
          row.in[i] = inputs[i].row(inputs[i].height == 1 ? 0 : y);
        row.out = output.row(y);
        kernels_.pointwise(row);
      }
    });
  }

 private:
  const KernelTable& kernels_;
  Parameters parameters_;
};

// One overload an operator; false for those that the kernels do not have.
struct ParametersOf {
  const Graph& graph;
  const Node& node;
  Parameters& parameters;

  PointwiseArgs& args() const { return parameters.args; }
  int64_t channels() const { return graph.value(node.inputs[0]).channels; }

  Result<bool> operator()(const Activate& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op.activation, channels()));
    args().kind = PointwiseKind::kActivate;
    args().activation = activation_of(resolved.kind);
    args().slope = slope_of(resolved);
    parameters.first = std::move(resolved.slopes);
    return true;
  }

  Result<bool> operator()(const Add& op) const {
    if (op.scales.size() > static_cast<size_t>(PointwiseArgs::kMaxInputs)) return false;
    args().kind = PointwiseKind::kAdd;
    std::copy(op.scales.begin(), op.scales.end(), args().scale);
    return true;
  }

  Result<bool> operator()(const Multiply&) const {
    args().kind = PointwiseKind::kMultiply;
    return true;
  }

  Result<bool> operator()(const Affine& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op, channels()));
    args().kind = PointwiseKind::kAffine;
    parameters.first = std::move(resolved.weight);
    parameters.second = std::move(resolved.bias);
    return true;
  }

  Result<bool> operator()(const Clamp& op) const {
    args().kind = PointwiseKind::kClamp;
    args().low = op.low;
    args().high = op.high;
    return true;
  }

  Result<bool> operator()(const ChannelNorm& op) const {
    FOVEA_ASSIGN_OR_RETURN(auto resolved, ops::resolve(graph, op, channels()));
    args().kind = PointwiseKind::kNormalise;
    args().centred = op.centred;
    args().epsilon = op.adds_to_root ? 0.0f : static_cast<float>(op.epsilon);
    args().root_epsilon = op.adds_to_root ? static_cast<float>(op.epsilon) : 0.0f;
    parameters.first = std::move(resolved.weight);
    parameters.second = std::move(resolved.bias);
    return true;
  }

  template <class Other>
  Result<bool> operator()(const Other&) const {
    return false;
  }
};

}  // namespace

Result<std::unique_ptr<Step>> make_pointwise_step(const Graph& graph, const Node& node,
                                                  const KernelTable& kernels) {
  Parameters parameters;
  FOVEA_ASSIGN_OR_RETURN(const bool has_kernel,
                         std::visit(ParametersOf{graph, node, parameters}, node.op));
  if (!has_kernel) return std::unique_ptr<Step>();
  return std::unique_ptr<Step>(std::make_unique<PointwiseStep>(
      node, ops::work_per_pixel(graph, node), kernels, std::move(parameters)));
}

}  // namespace fovea::cpu
