#include "tools/fovea/output_size.h"

#include <fmt/format.h>

#include <algorithm>

namespace fovea::cli {
namespace {

constexpr int64_t kLargestScale = 64;  // that of parse_scale

bool is_less(Scale a, Scale b) { return a.numerator * b.denominator < b.numerator * a.denominator; }

}  // namespace

Status check_output_size(const OutputSize& size, bool scale_given) {
  const int ways = (scale_given ? 1 : 0) + (size.width || size.height ? 1 : 0) +
                   (size.long_edge ? 1 : 0) + (size.short_edge ? 1 : 0);
  if (ways > 1) {
    return fail(
        ErrorCode::kUsage,
        "-s, --width and --height, --long-edge, --short-edge: each sets the size by itself; "
        "give one of them");
  }
  return {};
}

Result<Scale> scale_to(const OutputSize& size, Size input) {
  Scale scale{1, 1};
  if (size.long_edge) {
    scale = make_scale(*size.long_edge, std::max(input.width, input.height));
  } else if (size.short_edge) {
    scale = make_scale(*size.short_edge, std::min(input.width, input.height));
  } else {
    const Scale by_width = make_scale(size.width.value_or(1), input.width);
    const Scale by_height = make_scale(size.height.value_or(1), input.height);
    const bool width_decides = size.width && (!size.height || !is_less(by_height, by_width));
    scale = width_decides ? by_width : by_height;
  }
  if (scale.value() > static_cast<double>(kLargestScale)) {
    return fail(ErrorCode::kPicture,
                "{}x{} pixels would have to be enlarged {:.1f} times (limit {}); ask for less",
                input.width, input.height, scale.value(), kLargestScale);
  }
  return scale;
}

std::string size_word(const OutputSize& size) {
  if (size.long_edge) return fmt::format("long{}", *size.long_edge);
  if (size.short_edge) return fmt::format("short{}", *size.short_edge);
  if (size.width && size.height) return fmt::format("{}x{}", *size.width, *size.height);
  return size.width ? fmt::format("{}w", *size.width) : fmt::format("{}h", *size.height);
}

}  // namespace fovea::cli
