#include "loaders/rewriting/dilated_convolution.h"

#include "loaders/rewriting/limits.h"

namespace fovea {

Result<CollapsedConvolution> rewrite_dilated(const CollapsedConvolution& from, int64_t dilation) {
  FOVEA_TRY(check(from));
  FOVEA_TRY(check_stride(dilation));
  CollapsedConvolution c = from;
  c.kernel = dilation * (from.kernel - 1) + 1;
  FOVEA_TRY(check_elements(c));
  c.weight.assign(static_cast<size_t>(c.out_channels * c.in_per_group() * c.kernel * c.kernel), 0);
  for (int64_t o = 0; o < from.out_channels; ++o) {
    for (int64_t i = 0; i < from.in_per_group(); ++i) {
      for (int64_t u = 0; u < from.kernel; ++u) {
        for (int64_t v = 0; v < from.kernel; ++v)
          c.weight[c.index(o, i, dilation * u, dilation * v)] = from.weight[from.index(o, i, u, v)];
      }
    }
  }
  return c;
}

}  // namespace fovea
