#include "loaders/rewriting/collapse.h"

#include <fmt/format.h>

#include <algorithm>

#include "loaders/rewriting/limits.h"

namespace fovea {
namespace {

void append_names(CollapsedConvolution& to, const CollapsedConvolution& from) {
  to.names.insert(to.names.end(), from.names.begin(), from.names.end());
}

// A convolution of `kernel` with NAME.weight and NAME.bias that takes `in` channels (0: any).
Result<CollapsedConvolution> read_branch(const Weights& weights, const std::string& name,
                                         int64_t in, int64_t kernel) {
  FOVEA_ASSIGN_OR_RETURN(CollapsedConvolution branch, read_convolution(weights, name));
  if ((in > 0 && branch.in_channels != in) || branch.kernel != kernel)
    return fail(ErrorCode::kModel, "tensor {}.weight has shape {}, expected [out, {}, {}, {}]",
                name, shape_string(weights.find(name + ".weight")->shape),
                in > 0 ? std::to_string(in) : std::string("in"), kernel, kernel);
  return branch;
}

}  // namespace

Result<CollapsedConvolution> behind(const CollapsedConvolution& first,
                                    const CollapsedConvolution& second) {
  if (second.in_channels != first.out_channels || first.groups != 1 || second.groups != 1 ||
      (first.kernel > 1 && second.kernel > 1))
    return fail(ErrorCode::kModel,
                "a {}x{} convolution of {} channels in {} groups cannot be taken together with the "
                "{}x{} one to {} channels in {} groups before it",
                second.kernel, second.kernel, second.in_channels, second.groups, first.kernel,
                first.kernel, first.out_channels, first.groups);
  CollapsedConvolution both;
  both.in_channels = first.in_channels;
  both.out_channels = second.out_channels;
  both.kernel = std::max(first.kernel, second.kernel);
  FOVEA_TRY(check_elements(both));
  FOVEA_TRY(check_product(first, second));
  const int64_t first_taps = first.kernel * first.kernel;
  const int64_t second_taps = second.kernel * second.kernel;
  const int64_t taps = both.kernel * both.kernel;
  both.weight.assign(static_cast<size_t>(both.out_channels * both.in_channels * taps), 0.0);
  both.bias = second.bias;
  append_names(both, first);
  append_names(both, second);
  for (int64_t o = 0; o < second.out_channels; ++o) {
    for (int64_t m = 0; m < second.in_channels; ++m) {
      const double* const w2 = &second.weight[second.index(o, m, 0, 0)];
      double sum = 0;
      for (int64_t t = 0; t < second_taps; ++t) sum += w2[t];
      both.bias[static_cast<size_t>(o)] += sum * first.bias[static_cast<size_t>(m)];
      for (int64_t i = 0; i < first.in_channels; ++i) {
        const double* const w1 = &first.weight[first.index(m, i, 0, 0)];
        double* const w = &both.weight[both.index(o, i, 0, 0)];
        for (int64_t t = 0; t < taps; ++t)
          w[t] += w2[second_taps > 1 ? t : 0] * w1[first_taps > 1 ? t : 0];
      }
    }
  }
  return both;
}

Result<CollapsedConvolution> beside(const CollapsedConvolution& a, const CollapsedConvolution& b) {
  const CollapsedConvolution& large = a.kernel >= b.kernel ? a : b;
  const CollapsedConvolution& small = a.kernel >= b.kernel ? b : a;
  if (a.in_channels != b.in_channels || a.out_channels != b.out_channels || a.groups != b.groups ||
      large.kernel % 2 == 0 || small.kernel % 2 == 0)
    return fail(ErrorCode::kModel,
                "convolutions of {} to {} channels in {} groups and of {} to {} in {}, kernels {} "
                "and {}, have no sum",
                a.in_channels, a.out_channels, a.groups, b.in_channels, b.out_channels, b.groups,
                a.kernel, b.kernel);
  CollapsedConvolution sum = large;
  append_names(sum, small);
  const int64_t margin = (large.kernel - small.kernel) / 2;
  for (int64_t o = 0; o < sum.out_channels; ++o) {
    sum.bias[static_cast<size_t>(o)] += small.bias[static_cast<size_t>(o)];
    for (int64_t i = 0; i < sum.in_per_group(); ++i) {
      for (int64_t u = 0; u < small.kernel; ++u) {
        for (int64_t v = 0; v < small.kernel; ++v)
          sum.weight[sum.index(o, i, u + margin, v + margin)] +=
              small.weight[small.index(o, i, u, v)];
      }
    }
  }
  return sum;
}

CollapsedConvolution identity(int64_t channels) {
  CollapsedConvolution same;
  same.in_channels = same.out_channels = channels;
  same.kernel = 1;
  same.weight.assign(static_cast<size_t>(channels * channels), 0.0);
  same.bias.assign(static_cast<size_t>(channels), 0.0);
  for (int64_t c = 0; c < channels; ++c) same.weight[same.index(c, c, 0, 0)] = 1.0;
  return same;
}

Result<CollapsedConvolution> collapse_conv3xc(const Weights& weights, const std::string& name) {
  FOVEA_ASSIGN_OR_RETURN(const auto first, read_branch(weights, name + ".conv.0", 0, 1));
  FOVEA_ASSIGN_OR_RETURN(const auto second,
                         read_branch(weights, name + ".conv.1", first.out_channels, 3));
  FOVEA_ASSIGN_OR_RETURN(const auto third,
                         read_branch(weights, name + ".conv.2", second.out_channels, 1));
  FOVEA_ASSIGN_OR_RETURN(const auto shortcut,
                         read_branch(weights, name + ".sk", first.in_channels, 1));
  if (shortcut.out_channels != third.out_channels)
    return fail(ErrorCode::kModel, "{}.sk has {} channels out, {}.conv.2 {}", name,
                shortcut.out_channels, name, third.out_channels);
  FOVEA_ASSIGN_OR_RETURN(const auto two, behind(first, second));
  FOVEA_ASSIGN_OR_RETURN(const auto three, behind(two, third));
  FOVEA_ASSIGN_OR_RETURN(auto all, beside(three, shortcut));
  for (const char* tensor : {".eval_conv.weight", ".eval_conv.bias"})
    all.names.push_back(name + tensor);
  return all;
}

}  // namespace fovea
