// A length in an ONNX graph, which may depend on the picture's size: shape arithmetic is done on
// these before any picture is there.
#pragma once

#include <cstdint>
#include <optional>

namespace fovea {

/// factor * H^a * W^b + offset for a picture of H x W pixels; plain numbers have a = b = 0 and no
/// offset, which is a whole number where there is one: a margin. What is no such term (H + W) is
/// not known, and whoever needs it refuses it.
///
/// Division is exact: the sides of a picture are multiples of every denominator, as it is padded
/// to be (Model::padding_multiple).
class Extent {
 public:
  Extent() = default;
  Extent(int64_t number) : numerator_(number) {}  // NOLINT: a number is one

  static Extent unknown() {
    Extent extent;
    extent.known_ = false;
    return extent;
  }
  static Extent height() { return term(1, 0); }
  static Extent width() { return term(0, 1); }

  /// The fraction nearest to `value`; not known where none with a denominator up to 64 is within
  /// 1e-6 of it, which is what seven digits leave open.
  static Extent from_real(double value);

  bool known() const { return known_; }

  /// The number that it is, whatever the picture.
  std::optional<int64_t> number() const;

  /// The same with fractions.
  std::optional<double> real() const;

  int64_t numerator() const { return numerator_; }
  int64_t denominator() const { return denominator_; }
  bool is_constant() const { return known_ && height_power_ == 0 && width_power_ == 0; }

  bool operator==(const Extent&) const = default;

  friend Extent operator+(Extent a, Extent b) { return sum(a, b, 1); }
  friend Extent operator-(Extent a, Extent b) { return sum(a, b, -1); }
  friend Extent operator*(Extent a, Extent b);

  /// Exact; not known where b is zero or leaves a rest, as 2 does of H + 1.
  friend Extent operator/(Extent a, Extent b);

 private:
  static Extent term(int height_power, int width_power) {
    Extent extent(1);
    extent.height_power_ = height_power;
    extent.width_power_ = width_power;
    return extent;
  }
  static Extent sum(Extent a, Extent b, int64_t sign);
  Extent without_offset() const;
  Extent plus(int64_t number) const;
  Extent times(std::optional<int64_t> numerator, std::optional<int64_t> denominator) const;
  static Extent fraction(std::optional<int64_t> numerator, std::optional<int64_t> denominator,
                         int height_power, int width_power);

  int64_t numerator_ = 0;
  int64_t denominator_ = 1;  // >= 1, in lowest terms
  int height_power_ = 0;
  int width_power_ = 0;
  int64_t offset_ = 0;  // 0 in plain numbers
  bool known_ = true;
};

}  // namespace fovea
