#include "loaders/rewriting/limits.h"

#include <algorithm>

namespace fovea {
namespace {

constexpr int64_t kMaxStride = 16;  // as much as any network enlarges at once, and more
constexpr int64_t kMaxKernel = 255;
constexpr int64_t kMaxElements = int64_t{1} << 24;
constexpr int64_t kMaxMultiplications = int64_t{1} << 31;

// False when the product is more than `limit`.
bool product_within(std::initializer_list<int64_t> factors, int64_t limit) {
  int64_t product = 1;
  for (const int64_t factor : factors) {
    if (factor > limit / product) return false;
    product *= factor;
  }
  return true;
}

}  // namespace

Status check_stride(int64_t stride) {
  if (stride < 1 || stride > kMaxStride)
    return fail(ErrorCode::kModel, "stride {} is not within 1...{}", stride, kMaxStride);
  return {};
}

Status check_padding(std::initializer_list<int64_t> paddings, int64_t kernel) {
  if (kernel > kMaxKernel)
    return fail(ErrorCode::kModel, "kernel {} is larger than {}", kernel, kMaxKernel);
  for (const int64_t padding : paddings) {
    if (padding < 0 || padding > kernel + kMaxStride)
      return fail(ErrorCode::kModel, "padding {} is not within 0...{} for a kernel of {}", padding,
                  kernel + kMaxStride, kernel);
  }
  return {};
}

Status check_elements(const CollapsedConvolution& c) {
  if (!product_within({c.out_channels, c.in_per_group(), c.kernel, c.kernel}, kMaxElements))
    return fail(ErrorCode::kModel, "a convolution of {} to {} channels, kernel {}, is too large",
                c.in_channels, c.out_channels, c.kernel);
  return {};
}

Status check_product(const CollapsedConvolution& first, const CollapsedConvolution& second) {
  const int64_t kernel = std::max(first.kernel, second.kernel);
  if (!product_within({second.out_channels, second.in_channels, first.in_channels, kernel, kernel},
                      kMaxMultiplications))
    return fail(ErrorCode::kModel,
                "convolutions of {} to {} to {} channels, kernel {}, are too large to be taken "
                "together",
                first.in_channels, first.out_channels, second.out_channels, kernel);
  return {};
}

}  // namespace fovea
