// Scale factors as exact fractions, so that x4 followed by x3/4 is x3 and not 2.9999.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/status.h"

namespace fovea {

/// A positive fraction in lowest terms; 0/1 stands for "not known".
struct Scale {
  int64_t numerator = 1;
  int64_t denominator = 1;

  bool known() const { return numerator > 0; }
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  bool operator==(const Scale&) const = default;
};

inline constexpr Scale kUnknownScale{0, 1};

/// The scale of a map whose size does not grow with the picture's: one pixel that stands for all.
inline constexpr Scale kPictureWide{0, 1};

/// numerator / denominator in lowest terms. Both must be positive.
Scale make_scale(int64_t numerator, int64_t denominator);

/// The product, or kModel when it leaves the range of a 64-bit fraction.
Result<Scale> multiply(Scale a, Scale b);

/// a / b in lowest terms; both known.
Result<Scale> divide(Scale a, Scale b);

/// A length of `length` pixels after scaling: length * scale rounded to nearest, halves up, at
/// least 1.
int64_t scaled_length(int64_t length, Scale scale);

/// Reads "2", "1.5", "0.75", "4x": a decimal number > 0 with at most six decimals, at most 64.
Result<Scale> parse_scale(std::string_view text);

/// "4", "1.5", or "2/3" where no short decimal exists.
std::string to_string(Scale scale);

}  // namespace fovea
