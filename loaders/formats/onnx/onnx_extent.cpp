#include "loaders/formats/onnx/onnx_extent.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "loaders/formats/checked_arithmetic.h"

namespace fovea {
namespace {

constexpr int kMaxPower = 4;  // no graph multiplies more sides than H and W, and in one square

std::optional<int64_t> product(int64_t a, int64_t b) { return checked_multiply(a, b); }

}  // namespace

Extent Extent::fraction(std::optional<int64_t> numerator, std::optional<int64_t> denominator,
                        int height_power, int width_power) {
  // The smallest number has no negative, and is no length.
  if (!numerator || !denominator || *denominator == 0 ||
      *numerator == std::numeric_limits<int64_t>::min() ||
      *denominator == std::numeric_limits<int64_t>::min() || std::abs(height_power) > kMaxPower ||
      std::abs(width_power) > kMaxPower)
    return unknown();
  if (*numerator == 0) return {};
  const int64_t divisor = std::gcd(*numerator, *denominator) * (*denominator < 0 ? -1 : 1);
  Extent extent = term(height_power, width_power);
  extent.numerator_ = *numerator / divisor;
  extent.denominator_ = *denominator / divisor;
  return extent;
}

Extent Extent::from_real(double value) {
  constexpr int64_t kMaxDenominator = 64;
  constexpr double kMaxValue = 1e9;
  if (!(std::fabs(value) <= kMaxValue)) return unknown();
  for (int64_t denominator = 1; denominator <= kMaxDenominator; ++denominator) {
    const double numerator = std::nearbyint(value * static_cast<double>(denominator));
    const double error = std::fabs(value - numerator / static_cast<double>(denominator));
    if (error <= 1e-6 * std::fmax(1.0, std::fabs(value)))
      return fraction(static_cast<int64_t>(numerator), denominator, 0, 0);
  }
  return unknown();
}

std::optional<int64_t> Extent::number() const {
  if (!is_constant() || denominator_ != 1) return std::nullopt;
  return numerator_;
}

std::optional<double> Extent::real() const {
  if (!is_constant()) return std::nullopt;
  return static_cast<double>(numerator_) / static_cast<double>(denominator_);
}

Extent Extent::sum(Extent a, Extent b, int64_t sign) {
  if (!a.known_ || !b.known_) return unknown();
  if (b.numerator_ == 0) return a;
  if (a.numerator_ == 0) return b * Extent(sign);
  if (a.height_power_ != b.height_power_ || a.width_power_ != b.width_power_) return unknown();
  const auto left = product(a.numerator_, b.denominator_);
  const auto right = product(b.numerator_ * sign, a.denominator_);
  if (!left || !right) return unknown();
  return fraction(checked_add(*left, *right), product(a.denominator_, b.denominator_),
                  a.height_power_, a.width_power_);
}

Extent operator*(Extent a, Extent b) {
  if (!a.known_ || !b.known_) return Extent::unknown();
  return Extent::fraction(product(a.numerator_, b.numerator_),
                          product(a.denominator_, b.denominator_),
                          a.height_power_ + b.height_power_, a.width_power_ + b.width_power_);
}

Extent operator/(Extent a, Extent b) {
  if (!a.known_ || !b.known_ || b.numerator_ == 0) return Extent::unknown();
  return Extent::fraction(product(a.numerator_, b.denominator_),
                          product(a.denominator_, b.numerator_), a.height_power_ - b.height_power_,
                          a.width_power_ - b.width_power_);
}

}  // namespace fovea
