#include "loaders/rewriting/strided_convolution.h"

#include <algorithm>

#include "loaders/rewriting/limits.h"

namespace fovea {
namespace {

Status check_window(const CollapsedConvolution& c, const StridedWindow& window) {
  FOVEA_TRY(check(c));
  FOVEA_TRY(check_stride(window.stride));
  FOVEA_TRY(check_padding({window.padding_before, window.padding_after}, c.kernel));
  // floor((n + rest) / s) + 1 is n / s for multiples n of s when -s <= rest < 0.
  const int64_t rest = window.padding_before + window.padding_after - c.kernel;
  if (rest < -window.stride || rest >= 0)
    return fail(ErrorCode::kModel,
                "a convolution of kernel {}, stride {}, padding {} and {} gives n / {} {:+} rows "
                "for n; only n / {} is run",
                c.kernel, window.stride, window.padding_before, window.padding_after, window.stride,
                floor_divide(rest, window.stride) + 1, window.stride);
  return {};
}

}  // namespace

Result<UnshuffledConvolution> rewrite_strided(const CollapsedConvolution& from,
                                              const StridedWindow& window) {
  FOVEA_TRY(check_window(from, window));
  const int64_t s = window.stride;
  const int64_t before = window.padding_before;
  // The taps' rows in the unshuffled map, from that of the first to that of the last.
  const int64_t reach =
      std::max(-floor_divide(-before, s), floor_divide(from.kernel - 1 - before, s));

  UnshuffledConvolution result;
  result.factor = s;
  CollapsedConvolution& c = result.convolution;
  c.in_channels = from.in_channels * s * s;
  c.out_channels = from.out_channels;
  c.kernel = 2 * reach + 1;
  c.groups = from.groups;
  c.bias = from.bias;
  c.names = from.names;
  FOVEA_TRY(check_elements(c));
  c.weight.assign(static_cast<size_t>(c.out_channels * c.in_per_group() * c.kernel * c.kernel), 0);
  for (int64_t o = 0; o < from.out_channels; ++o) {
    for (int64_t i = 0; i < from.in_per_group(); ++i) {
      for (int64_t u = 0; u < from.kernel; ++u) {
        const int64_t row = floor_divide(u - before, s), dy = u - before - s * row;
        for (int64_t v = 0; v < from.kernel; ++v) {
          const int64_t column = floor_divide(v - before, s), dx = v - before - s * column;
          c.weight[c.index(o, (i * s + dy) * s + dx, row + reach, column + reach)] =
              from.weight[from.index(o, i, u, v)];
        }
      }
    }
  }
  return result;
}

}  // namespace fovea
