// Sums and products of numbers that come from a file: no value where they leave the type.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

namespace fovea {

template <std::integral T>
std::optional<T> checked_add(T a, T b) {
  T sum;
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

template <std::integral T>
std::optional<T> checked_multiply(T a, T b) {
  T product;
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

/// The number of elements of a tensor of `shape`, whose lengths are >= 0. No value either where the
/// lengths that are not zero overflow among themselves: code that multiplies only some of them is
/// then safe too.
inline std::optional<int64_t> checked_element_count(const std::vector<int64_t>& shape) {
  std::optional<int64_t> product = 1;
  bool empty = false;
  for (const int64_t length : shape) {
    empty = empty || length == 0;
    product = checked_multiply(*product, length == 0 ? int64_t{1} : length);
    if (!product) return std::nullopt;
  }
  return empty ? 0 : *product;
}

}  // namespace fovea
