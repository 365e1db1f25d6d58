#include "loaders/architectures/collapse.h"

#include <fmt/format.h>

namespace fovea {
namespace {

struct Branch {
  int64_t in = 0;
  int64_t out = 0;
  int64_t taps = 0;  // kernel^2
  std::vector<double> weight;
  std::vector<double> bias;

  double at(int64_t o, int64_t i, int64_t tap) const {
    return weight[static_cast<size_t>((o * in + i) * taps + tap)];
  }
  double& at(int64_t o, int64_t i, int64_t tap) {
    return weight[static_cast<size_t>((o * in + i) * taps + tap)];
  }
};

// f32 values of a tensor that must have `rank` dimensions.
Result<std::vector<double>> values_of(const Weights& weights, const std::string& name,
                                      size_t rank) {
  const WeightTensor* const tensor = weights.find(name);
  if (tensor == nullptr) return fail(ErrorCode::kModel, "tensor {} is missing", name);
  if (tensor->shape.size() != rank)
    return fail(ErrorCode::kModel, "tensor {} has shape {}, expected {} dimensions", name,
                shape_string(tensor->shape), rank);
  FOVEA_TRY(check_finite(*tensor));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<float> values, to_f32(*tensor));
  return std::vector<double>(values.begin(), values.end());
}

// `in` 0: any.
Result<Branch> read_branch(const Weights& weights, const std::string& name, int64_t in,
                           int64_t kernel) {
  Branch branch;
  FOVEA_ASSIGN_OR_RETURN(branch.weight, values_of(weights, name + ".weight", 4));
  FOVEA_ASSIGN_OR_RETURN(branch.bias, values_of(weights, name + ".bias", 1));
  const auto& shape = weights.find(name + ".weight")->shape;
  branch.out = shape[0];
  branch.in = shape[1];
  branch.taps = kernel * kernel;
  if ((in > 0 && branch.in != in) || shape[2] != kernel || shape[3] != kernel || branch.in < 1 ||
      branch.out < 1 || static_cast<int64_t>(branch.bias.size()) != branch.out)
    return fail(ErrorCode::kModel,
                "tensor {}.weight has shape {} and {} biases, expected [out, {}, {}, {}]", name,
                shape_string(shape), branch.bias.size(),
                in > 0 ? std::to_string(in) : std::string("in"), kernel, kernel);
  return branch;
}

// `second` behind `first`, one of which has a kernel of 1.
Branch behind(const Branch& first, const Branch& second) {
  Branch both;
  both.in = first.in;
  both.out = second.out;
  both.taps = std::max(first.taps, second.taps);
  both.weight.assign(static_cast<size_t>(both.out * both.in * both.taps), 0.0);
  both.bias = second.bias;
  for (int64_t o = 0; o < second.out; ++o) {
    for (int64_t m = 0; m < second.in; ++m) {
      double sum = 0;
      for (int64_t t = 0; t < second.taps; ++t) sum += second.at(o, m, t);
      both.bias[static_cast<size_t>(o)] += sum * first.bias[static_cast<size_t>(m)];
      for (int64_t i = 0; i < first.in; ++i) {
        for (int64_t t = 0; t < both.taps; ++t)
          both.at(o, i, t) +=
              second.at(o, m, second.taps > 1 ? t : 0) * first.at(m, i, first.taps > 1 ? t : 0);
      }
    }
  }
  return both;
}

}  // namespace

Result<CollapsedConvolution> collapse_conv3xc(const Weights& weights, const std::string& name) {
  constexpr int64_t kKernel = 3;
  constexpr int64_t kMiddle = 4;  // tap of a 3x3 kernel
  FOVEA_ASSIGN_OR_RETURN(const Branch first, read_branch(weights, name + ".conv.0", 0, 1));
  FOVEA_ASSIGN_OR_RETURN(const Branch second,
                         read_branch(weights, name + ".conv.1", first.out, kKernel));
  FOVEA_ASSIGN_OR_RETURN(const Branch third, read_branch(weights, name + ".conv.2", second.out, 1));
  FOVEA_ASSIGN_OR_RETURN(const Branch beside, read_branch(weights, name + ".sk", first.in, 1));
  if (beside.out != third.out)
    return fail(ErrorCode::kModel, "{}.sk has {} channels out, {}.conv.2 {}", name, beside.out,
                name, third.out);
  Branch all = behind(behind(first, second), third);
  for (int64_t o = 0; o < all.out; ++o) {
    all.bias[static_cast<size_t>(o)] += beside.bias[static_cast<size_t>(o)];
    for (int64_t i = 0; i < all.in; ++i) all.at(o, i, kMiddle) += beside.at(o, i, 0);
  }
  CollapsedConvolution result;
  result.in_channels = all.in;
  result.out_channels = all.out;
  result.kernel = kKernel;
  result.weight.assign(all.weight.begin(), all.weight.end());
  result.bias.assign(all.bias.begin(), all.bias.end());
  for (const char* part : {".conv.0", ".conv.1", ".conv.2", ".sk", ".eval_conv"}) {
    for (const char* tensor : {".weight", ".bias"})
      result.names.push_back(fmt::format("{}{}{}", name, part, tensor));
  }
  return result;
}

}  // namespace fovea
