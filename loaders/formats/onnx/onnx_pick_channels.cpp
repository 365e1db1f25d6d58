// Channels in another order, some of them, or some several times.
#include <numeric>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_folding.h"
#include "loaders/formats/onnx/onnx_operators.h"

namespace fovea {
namespace {

// Of channels picked one by one; wider ones are not known.
constexpr int64_t kMaxPickedWeights = 1 << 22;

}  // namespace

Result<ValueId> OnnxCall::pick_channels(ValueId id, const std::vector<int64_t>& sources) const {
  const int64_t in = channels(id);
  const auto out = static_cast<int64_t>(sources.size());
  std::vector<int64_t> all(static_cast<size_t>(in));
  std::iota(all.begin(), all.end(), 0);
  if (sources == all) return id;
  FOVEA_ASSIGN_OR_RETURN(const ValueId reordered, pick_from_convolution(id, sources));
  if (reordered != kNoValue) return reordered;
  // A whole map several times, as a picture that is added to every phase of a shuffle.
  if (in == 1) return add(Concat{}, std::vector<ValueId>(static_cast<size_t>(out), id), ".repeat");
  // A convolution by ones and zeros is exact: all else that it adds is zero.
  const auto elements = checked_multiply(in, out);
  if (!elements || *elements > kMaxPickedWeights)
    return fail(ErrorCode::kModel, "picks {} of {} channels one by one, too many", out, in);
  FOVEA_TRY(build.make_room(*elements));
  std::vector<float> weight(static_cast<size_t>(*elements), 0.0f);
  for (int64_t o = 0; o < out; ++o) {
    const int64_t source = sources[static_cast<size_t>(o)];
    if (source < 0 || source >= in)
      return fail(ErrorCode::kModel, "picks channel {} of {}", source, in);
    weight[static_cast<size_t>(o * in + source)] = 1.0f;
  }
  Convolution op;
  FOVEA_ASSIGN_OR_RETURN(op.weight, parameter(".pick", {out, in, 1, 1}, weight));
  op.out_channels = out;
  op.kernel_h = 1;
  op.kernel_w = 1;
  return add(op, {id}, ".pick");
}

// Where a convolution makes the channels, another one makes those that are wanted: the first is
// then left unread. No value where none does.
Result<ValueId> OnnxCall::pick_from_convolution(ValueId id,
                                                const std::vector<int64_t>& sources) const {
  const Node* maker = build.maker(id);
  const auto* made = maker != nullptr ? std::get_if<Convolution>(&maker->op) : nullptr;
  if (made == nullptr || made->groups != 1 || !made->residuals.empty()) return kNoValue;
  Convolution op = *made;
  const std::vector<ValueId> inputs = maker->inputs;
  op.out_channels = static_cast<int64_t>(sources.size());
  for (ParameterId* parameter : {&op.weight, &op.bias}) {
    if (*parameter == kNoParameter) continue;
    OnnxConstant rows{build.graph.parameter(*parameter), {}};
    std::vector<int64_t> shape = rows.shape();
    const int64_t row = rows.count() / shape[0];
    std::vector<int64_t> elements;
    FOVEA_TRY(build.make_room(row * op.out_channels));
    for (const int64_t source : sources) {
      if (source < 0 || source >= shape[0])
        return fail(ErrorCode::kModel, "picks channel {} of {}", source, shape[0]);
      for (int64_t i = 0; i < row; ++i) elements.push_back(source * row + i);
    }
    shape[0] = op.out_channels;
    FOVEA_ASSIGN_OR_RETURN(OnnxConstant taken, picked(rows, shape, elements, build));
    taken.tensor.name = rows.tensor.name;
    *parameter = build.graph.add_parameter(std::move(taken.tensor));
  }
  return add(std::move(op), inputs, ".pick");
}

}  // namespace fovea
