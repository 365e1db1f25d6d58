#include "loaders/rewriting/limits.h"

namespace fovea {
namespace {

constexpr int64_t kMaxStride = 16;  // as much as any network enlarges at once, and more
constexpr int64_t kMaxKernel = 255;
constexpr int64_t kMaxElements = int64_t{1} << 24;

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
  int64_t elements = 1;
  for (const int64_t factor : {c.out_channels, c.in_per_group(), c.kernel, c.kernel}) {
    if (factor > kMaxElements / elements)
      return fail(ErrorCode::kModel, "a convolution of {} to {} channels, kernel {}, is too large",
                  c.in_channels, c.out_channels, c.kernel);
    elements *= factor;
  }
  return {};
}

}  // namespace fovea
