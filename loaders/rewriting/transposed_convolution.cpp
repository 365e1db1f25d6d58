#include "loaders/rewriting/transposed_convolution.h"

#include <fmt/format.h>

#include <algorithm>

#include "loaders/rewriting/limits.h"

namespace fovea {
namespace {

Status check(const TransposedConvolution& t) {
  const bool positive = t.in_channels > 0 && t.out_channels > 0 && t.kernel > 0 && t.groups > 0;
  if (!positive || t.in_channels % t.groups != 0 || t.out_channels % t.groups != 0 ||
      static_cast<int64_t>(t.bias.size()) != t.out_channels ||
      static_cast<int64_t>(t.weight.size()) !=
          t.in_channels * (t.out_channels / t.groups) * t.kernel * t.kernel)
    return fail(ErrorCode::kModel,
                "a transposed convolution of {} to {} channels, kernel {}, {} groups with {} "
                "weights and {} biases",
                t.in_channels, t.out_channels, t.kernel, t.groups, t.weight.size(), t.bias.size());
  FOVEA_TRY(check_stride(t.stride));
  FOVEA_TRY(check_padding({t.padding_before, t.padding_after, t.output_padding}, t.kernel));
  const int64_t rest = t.kernel - t.padding_before - t.padding_after + t.output_padding;
  if (rest != t.stride)
    return fail(ErrorCode::kModel,
                "a transposed convolution of kernel {}, stride {}, padding {} and {} and output "
                "padding {} gives {} n {:+} rows for n; only {} n is run",
                t.kernel, t.stride, t.padding_before, t.padding_after, t.output_padding, t.stride,
                rest - t.stride, t.stride);
  return {};
}

}  // namespace

Result<TransposedConvolution> read_transposed_convolution(const Weights& weights,
                                                          const std::string& name, Bias bias,
                                                          int64_t groups) {
  TransposedConvolution result;
  FOVEA_ASSIGN_OR_RETURN(result.weight, read_values(weights, name + ".weight", 4));
  result.names.push_back(name + ".weight");
  const auto& shape = weights.find(name + ".weight")->shape;
  if (shape[2] != shape[3] || shape[2] < 1 || shape[1] < 1 || shape[0] < 1 ||
      shape[0] % groups != 0)
    return fail(ErrorCode::kModel, "tensor {}.weight has shape {}, expected [in, out, k, k]{}",
                name, shape_string(shape), groups > 1 ? fmt::format(" of {} groups", groups) : "");
  result.in_channels = shape[0];
  result.out_channels = shape[1] * groups;
  result.kernel = shape[2];
  result.groups = groups;
  FOVEA_ASSIGN_OR_RETURN(result.bias, read_bias(weights, name, bias, result.out_channels));
  if (bias == Bias::kStored) result.names.push_back(name + ".bias");
  return result;
}

Result<ShuffledConvolution> rewrite_transposed(const TransposedConvolution& t) {
  FOVEA_TRY(check(t));
  const int64_t s = t.stride;
  // Taps m with 0 <= d + padding_before - s m < kernel, of all phases d.
  const int64_t highest = (s - 1 + t.padding_before) / s;
  const int64_t lowest = floor_divide(t.padding_before - t.kernel, s) + 1;
  const int64_t reach = std::max(highest, -lowest);

  ShuffledConvolution result;
  result.factor = s;
  CollapsedConvolution& c = result.convolution;
  c.in_channels = t.in_channels;
  c.out_channels = t.out_channels * s * s;
  c.kernel = 2 * reach + 1;
  c.groups = t.groups;
  c.names = t.names;
  FOVEA_TRY(check_elements(c));
  c.weight.assign(static_cast<size_t>(c.out_channels * c.in_per_group() * c.kernel * c.kernel), 0);
  const int64_t out_per_group = t.out_channels / t.groups;
  for (int64_t o = 0; o < c.out_channels; ++o) {
    const int64_t shuffled = o / (s * s), dy = o % (s * s) / s, dx = o % s;
    const int64_t group = shuffled / out_per_group;
    c.bias.push_back(t.bias[static_cast<size_t>(shuffled)]);
    for (int64_t i = 0; i < c.in_per_group(); ++i) {
      const int64_t from =
          (group * c.in_per_group() + i) * out_per_group + shuffled % out_per_group;
      for (int64_t row = 0; row < c.kernel; ++row) {
        const int64_t u = dy + t.padding_before - s * (row - reach);
        if (u < 0 || u >= t.kernel) continue;
        for (int64_t column = 0; column < c.kernel; ++column) {
          const int64_t v = dx + t.padding_before - s * (column - reach);
          if (v >= 0 && v < t.kernel)
            c.weight[c.index(o, i, row, column)] =
                t.weight[static_cast<size_t>((from * t.kernel + u) * t.kernel + v)];
        }
      }
    }
  }
  return result;
}

}  // namespace fovea
