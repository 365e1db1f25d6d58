#include "engine/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace fovea {
namespace {

// Keeps length * numerator far from overflow for any length a picture can have (2^31).
constexpr int64_t kMaxTerm = int64_t{1} << 30;
constexpr int64_t kMaxFactor = 64;
constexpr size_t kMaxDecimals = 6;

Result<Scale> checked_fraction(int64_t numerator, int64_t denominator) {
  const Scale scale = make_scale(numerator, denominator);
  if (scale.numerator > kMaxTerm || scale.denominator > kMaxTerm)
    return fail(ErrorCode::kModel, "scale {}/{} is out of range (terms up to {})", scale.numerator,
                scale.denominator, kMaxTerm);
  return scale;
}

}  // namespace

Scale make_scale(int64_t numerator, int64_t denominator) {
  const int64_t divisor = std::gcd(numerator, denominator);
  return {numerator / divisor, denominator / divisor};
}

Result<Scale> multiply(Scale a, Scale b) {
  // Cancelling crosswise first keeps both products below 2^60.
  const Scale ab = make_scale(a.numerator, b.denominator);
  const Scale ba = make_scale(b.numerator, a.denominator);
  return checked_fraction(ab.numerator * ba.numerator, ab.denominator * ba.denominator);
}

Result<Scale> divide(Scale a, Scale b) { return multiply(a, {b.denominator, b.numerator}); }

int64_t scaled_length(int64_t length, Scale scale) {
  const int64_t twice = 2 * length * scale.numerator + scale.denominator;
  return std::max<int64_t>(1, twice / (2 * scale.denominator));
}

Result<Scale> parse_scale(std::string_view text) {
  const auto refuse = [&] {
    return fail(
        ErrorCode::kUsage,
        "scale '{}' is not a number above 0 and up to {} with at most {} decimals; try 2 or 1.5",
        text, kMaxFactor, kMaxDecimals);
  };
  std::string_view digits = text;
  if (!digits.empty() && (digits.back() == 'x' || digits.back() == 'X')) digits.remove_suffix(1);
  const size_t point = std::min(digits.find('.'), digits.size());
  const std::string_view whole = digits.substr(0, point);
  const std::string_view decimals = point < digits.size() ? digits.substr(point + 1) : "";
  if (whole.empty() || whole.size() > 6 || decimals.size() > kMaxDecimals) return refuse();

  int64_t numerator = 0;
  int64_t denominator = 1;
  for (const std::string_view part : {whole, decimals}) {
    for (const char digit : part) {
      if (digit < '0' || digit > '9') return refuse();
      numerator = numerator * 10 + (digit - '0');
    }
  }
  for (size_t i = 0; i < decimals.size(); ++i) denominator *= 10;
  if (numerator == 0 || numerator > kMaxFactor * denominator) return refuse();
  return make_scale(numerator, denominator);
}

std::string to_string(Scale scale) {
  if (!scale.known()) return "unknown";
  int64_t power = 1;
  for (size_t decimals = 0; decimals <= kMaxDecimals; ++decimals, power *= 10) {
    if (power % scale.denominator != 0) continue;
    const int64_t value = scale.numerator * (power / scale.denominator);
    if (decimals == 0) return fmt::format("{}", value);
    return fmt::format("{}.{:0{}}", value / power, value % power, decimals);
  }
  return fmt::format("{}/{}", scale.numerator, scale.denominator);
}

}  // namespace fovea
