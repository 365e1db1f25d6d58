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

Extent Extent::without_offset() const {
  Extent term = *this;
  term.offset_ = 0;
  return term;
}

Extent Extent::plus(int64_t number) const {
  if (!known_ || number == 0) return *this;
  if (is_constant()) return sum(*this, Extent(number), 1);
  const auto offset = checked_add(offset_, number);
  if (!offset || *offset == std::numeric_limits<int64_t>::min()) return unknown();
  Extent extent = *this;
  extent.offset_ = *offset;
  return extent;
}

Extent Extent::sum(Extent a, Extent b, int64_t sign) {
  if (!a.known_ || !b.known_) return unknown();
  if (a.is_constant() && !b.is_constant())
    return a.number() ? b.times(sign, 1).plus(a.numerator_) : unknown();
  if (b.is_constant() && !a.is_constant()) {
    const auto number = product(b.numerator_, sign);
    return b.number() && number ? a.plus(*number) : unknown();
  }
  if (a.height_power_ != b.height_power_ || a.width_power_ != b.width_power_) return unknown();
  const auto left = product(a.numerator_, b.denominator_);
  const auto numerator = product(b.numerator_, sign);
  const auto right = numerator ? product(*numerator, a.denominator_) : std::nullopt;
  if (!left || !right) return unknown();
  const Extent terms = fraction(checked_add(*left, *right), product(a.denominator_, b.denominator_),
                                a.height_power_, a.width_power_);
  return terms.plus(a.offset_).plus(b.offset_ * sign);
}

// By a number.
Extent Extent::times(std::optional<int64_t> numerator, std::optional<int64_t> denominator) const {
  if (!known_ || !numerator || !denominator || *denominator == 0) return unknown();
  const auto offset = product(offset_, *numerator);
  if (!offset || *offset == std::numeric_limits<int64_t>::min() || *offset % *denominator != 0)
    return unknown();
  return fraction(product(numerator_, *numerator), product(denominator_, *denominator),
                  height_power_, width_power_)
      .plus(*offset / *denominator);
}

Extent operator*(Extent a, Extent b) {
  if (!a.known_ || !b.known_) return Extent::unknown();
  if (b.is_constant()) return a.times(b.numerator_, b.denominator_);
  if (a.is_constant()) return b.times(a.numerator_, a.denominator_);
  if (a.offset_ != 0 || b.offset_ != 0) return Extent::unknown();
  return Extent::fraction(product(a.numerator_, b.numerator_),
                          product(a.denominator_, b.denominator_),
                          a.height_power_ + b.height_power_, a.width_power_ + b.width_power_);
}

Extent operator/(Extent a, Extent b) {
  if (!a.known_ || !b.known_ || b.numerator_ == 0) return Extent::unknown();
  if (b.is_constant()) return a.times(b.denominator_, b.numerator_);
  const Extent ratio =
      Extent::fraction(product(a.numerator_, b.denominator_), product(a.denominator_, b.numerator_),
                       a.height_power_ - b.height_power_, a.width_power_ - b.width_power_);
  if (a.offset_ == 0 && b.offset_ == 0) return ratio;
  // 2H + 4 is twice H + 2; other such quotients are no term.
  const bool same =
      ratio.is_constant() && b.without_offset() * ratio == a.without_offset() && b * ratio == a;
  return same ? ratio : Extent::unknown();
}

}  // namespace fovea
