#include "loaders/rewriting/join.h"

#include <algorithm>

#include "loaders/rewriting/limits.h"

namespace fovea {
namespace {

Status check_pair(const CollapsedConvolution& a, const CollapsedConvolution& b) {
  FOVEA_TRY(check(a));
  FOVEA_TRY(check(b));
  if (a.kernel != b.kernel || a.groups != 1 || b.groups != 1)
    return fail(ErrorCode::kModel, "kernels {} and {} in {} and {} groups cannot be joined",
                a.kernel, b.kernel, a.groups, b.groups);
  return {};
}

void append_names(CollapsedConvolution& to, const CollapsedConvolution& from) {
  to.names.insert(to.names.end(), from.names.begin(), from.names.end());
}

}  // namespace

Result<CollapsedConvolution> join_outputs(const CollapsedConvolution& a,
                                          const CollapsedConvolution& b) {
  FOVEA_TRY(check_pair(a, b));
  if (a.in_channels != b.in_channels)
    return fail(ErrorCode::kModel, "convolutions of {} and {} channels are not of one map",
                a.in_channels, b.in_channels);
  CollapsedConvolution both = a;
  both.out_channels += b.out_channels;
  both.weight.insert(both.weight.end(), b.weight.begin(), b.weight.end());
  both.bias.insert(both.bias.end(), b.bias.begin(), b.bias.end());
  append_names(both, b);
  return both;
}

Result<CollapsedConvolution> join_inputs(const CollapsedConvolution& a,
                                         const CollapsedConvolution& b) {
  FOVEA_TRY(check_pair(a, b));
  if (a.out_channels != b.out_channels)
    return fail(ErrorCode::kModel, "convolutions to {} and {} channels have no sum", a.out_channels,
                b.out_channels);
  FOVEA_ASSIGN_OR_RETURN(CollapsedConvolution both,
                         no_convolution(a.in_channels + b.in_channels, a.out_channels, a.kernel));
  append_names(both, a);
  append_names(both, b);
  const int64_t taps = a.kernel * a.kernel;
  for (int64_t o = 0; o < a.out_channels; ++o) {
    const auto to = static_cast<size_t>(o);
    both.bias[to] = a.bias[to] + b.bias[to];
    std::copy_n(&a.weight[a.index(o, 0, 0, 0)], a.in_channels * taps,
                &both.weight[both.index(o, 0, 0, 0)]);
    std::copy_n(&b.weight[b.index(o, 0, 0, 0)], b.in_channels * taps,
                &both.weight[both.index(o, a.in_channels, 0, 0)]);
  }
  return both;
}

Result<CollapsedConvolution> no_convolution(int64_t in_channels, int64_t out_channels,
                                            int64_t kernel) {
  CollapsedConvolution none;
  none.in_channels = in_channels;
  none.out_channels = out_channels;
  none.kernel = kernel;
  FOVEA_TRY(check_elements(none));
  none.weight.assign(static_cast<size_t>(out_channels * in_channels * kernel * kernel), 0.0);
  none.bias.assign(static_cast<size_t>(out_channels), 0.0);
  return none;
}

}  // namespace fovea
