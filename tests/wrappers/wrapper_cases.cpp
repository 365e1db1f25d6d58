#include "tests/wrappers/wrapper_cases.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "tests/wrappers/case_lists.h"
#include "tests/wrappers/device_array.h"
#include "tests/wrappers/wrapper_kernels.h"

namespace fovea::cuda {
namespace {

std::string indices() {
  constexpr int kThreads = 64;
  DeviceArray<int32_t> out(3 * 2 * 2 * kThreads * 8);
  std::vector<int32_t> expected;
  for (int z = 0; z < 2; z++) {
    for (int y = 0; y < 2; y++) {
      for (int x = 0; x < 3; x++) {
        for (int t = 0; t < kThreads; t++) {
          for (const int value : {t, kThreads, x, y, z, 3, 2, 2}) expected.push_back(value);
        }
      }
    }
  }
  return verdict(launch_indices(out.data(), nullptr), out, expected, "indices");
}

std::string shared_memory() {
  int capability = 0;
  DeviceProperties properties;
  if (const CudaError error = device_properties(0, properties)) return failed(error);
  capability = properties.compute_capability;
  DeviceArray<int32_t> out(3 + 8);
  std::vector<int32_t> expected(3 + 8, 0);
  expected[1] = 16;
  expected[2] = capability;
  return verdict(launch_shared(out.data(), nullptr), out, expected, "shared");
}

std::string named_barriers() {
  DeviceArray<int32_t> out(15 * 32);
  std::vector<int32_t> expected;
  for (int round = 0; round < 15; round++) {
    for (int lane = 0; lane < 32; lane++) expected.push_back(1000 * round + lane + 96);
  }
  return verdict(launch_named_barriers(out.data(), nullptr), out, expected, "sums");
}

std::string shuffles() {
  DeviceArray<int32_t> out(7 * 32);
  std::vector<int32_t> expected(7 * 32);
  uint32_t thirds = 0;
  for (int lane = 0; lane < 32; lane += 3) thirds |= uint32_t{1} << lane;
  for (size_t l = 0; l < 32; l++) {
    const int lane = static_cast<int>(l);
    expected[l] = 100 + 5 * lane % 32;
    expected[32 + l] = 100 + (lane + 3 < 32 ? lane + 3 : lane);
    expected[64 + l] = 100 + (lane ^ 9);
    expected[96 + l] = static_cast<int32_t>(thirds);
    expected[128 + l] = 1;
    expected[160 + l] = 0;
    expected[192 + l] = 100;
  }
  return verdict(launch_shuffles(out.data(), nullptr), out, expected, "lanes");
}

std::string atomics() {
  constexpr uint32_t kAdds = 4 * 96;
  DeviceArray<uint32_t> counters(std::vector<uint32_t>{0, 0});
  DeviceArray<uint32_t> tickets(std::vector<uint32_t>(kAdds, 0));
  const CudaError error = launch_atomics(counters.data(), tickets.data(), nullptr);
  const std::string text =
      verdict(error, counters, std::vector<uint32_t>{kAdds, 0xffffffffu}, "counters");
  if (!text.empty()) return text;
  return verdict(error, tickets, std::vector<uint32_t>(kAdds, 1), "tickets");
}

/// Numbers near every edge of f16 and bf16, and many others.
std::vector<float> hard_floats() {
  std::vector<float> values = {0.0f,
                               -0.0f,
                               1.0f,
                               -1.0f,
                               0.5f,
                               1.5f,
                               2.5f,
                               -2.5f,
                               65504.0f,
                               65519.9f,
                               65520.0f,
                               -65520.0f,
                               1e10f,
                               3e38f,
                               0x1p-14f,
                               0x1p-24f,
                               0x1p-25f,
                               0x1.8p-24f,
                               0x1.002p-14f,
                               0x1.ffep-15f,
                               0x1.ffdp-15f,
                               0x1p-126f,
                               0x1p-149f,
                               2147483520.0f,
                               2147483648.0f,
                               -2147483648.0f,
                               -3e9f,
                               std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity(),
                               std::numeric_limits<float>::quiet_NaN()};
  // Every upper half of the bits with lower halves around a tie of either type.
  for (uint32_t high = 0; high < 0x10000u; high += 37) {
    for (const uint32_t low :
         {0x0000u, 0x0fffu, 0x1000u, 0x1001u, 0x3000u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      values.push_back(std::bit_cast<float>(high << 16 | low));
    }
  }
  std::mt19937 random(3);
  for (int i = 0; i < 4000; i++) values.push_back(std::bit_cast<float>(uint32_t(random())));
  if (values.size() % 2) values.push_back(0.0f);
  return values;
}

std::string mathematics() {
  const std::vector<float> a = hard_floats();
  std::vector<float> b = a;
  std::rotate(b.begin(), b.begin() + 1234, b.end());
  const auto count = static_cast<int>(a.size());
  DeviceArray<float> left(a);
  DeviceArray<float> right(b);
  DeviceArray<uint32_t> out(5 * a.size());
  const CudaError error = launch_mathematics(left.data(), right.data(), out.data(), count, nullptr);
  if (error != 0) return failed(error);
  const std::vector<uint32_t> found = out.read();
  if (out.error() != 0) return failed(out.error());
  for (size_t i = 0; i < a.size(); i++) {
    // NaN may have any payload, and of two zeros either may be the larger.
    const auto same = [](uint32_t bits, float expected) {
      const float value = std::bit_cast<float>(bits);
      return std::isnan(expected) ? std::isnan(value) : value == expected;
    };
    const float nearest = std::nearbyint(a[i]);
    const int32_t whole = std::isnan(a[i])     ? 0
                          : nearest >= 0x1p31f ? std::numeric_limits<int32_t>::max()
                          : nearest < -0x1p31f ? std::numeric_limits<int32_t>::min()
                                               : static_cast<int32_t>(nearest);
    if (!same(found[i], std::fmax(a[i], b[i]))) return text_of("maximum(", a[i], ", ", b[i], ")");
    if (!same(found[a.size() + i], std::fmin(a[i], b[i]))) {
      return text_of("minimum(", a[i], ", ", b[i], ")");
    }
    if (!same(found[2 * a.size() + i], std::fma(a[i], b[i], 1.0f))) {
      return text_of("multiply_add(", a[i], ", ", b[i], ", 1)");
    }
    if (found[3 * a.size() + i] != static_cast<uint32_t>(whole)) {
      return text_of("round_to_int(", a[i], ") is ", static_cast<int32_t>(found[3 * a.size() + i]));
    }
    if (found[4 * a.size() + i] != static_cast<uint32_t>(std::isfinite(a[i]))) {
      return text_of("is_finite(", a[i], ")");
    }
  }
  return "";
}

/// What 16 bits stand for, by the formats' definitions.
double value_of(uint16_t bits, Type16 type) {
  const int fraction_bits = type == Type16::kHalf ? 10 : 7;
  const int exponent_bits = 15 - fraction_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
  const double fraction = std::ldexp(bits & ((1 << fraction_bits) - 1), -fraction_bits);
  const double sign = bits & 0x8000 ? -1.0 : 1.0;
  if (exponent == (1 << exponent_bits) - 1) {
    return fraction == 0.0 ? sign * std::numeric_limits<double>::infinity()
                           : std::numeric_limits<double>::quiet_NaN();
  }
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias);
  return sign * std::ldexp(1.0 + fraction, exponent - bias);
}

std::string widen(Type16 type) {
  DeviceArray<float> out(65536);
  if (const CudaError error = launch_widen(type, out.data(), nullptr)) return failed(error);
  const std::vector<float> found = out.read();
  if (out.error() != 0) return failed(out.error());
  for (uint32_t bits = 0; bits < 65536; bits++) {
    const double expected = value_of(static_cast<uint16_t>(bits), type);
    const float value = found[bits];
    const bool right = std::isnan(expected) ? std::isnan(value)
                                            : static_cast<double>(value) == expected &&
                                                  std::signbit(value) == std::signbit(expected);
    if (!right) return text_of(bits, " is ", value, ", not ", expected);
  }
  return "";
}

/// The nearest 16-bit number by search among all; ties to the even one.
class Rounding {
 public:
  explicit Rounding(Type16 type) {
    infinity_ = type == Type16::kHalf ? 0x7c00 : 0x7f80;
    for (uint16_t bits = 0; bits < infinity_; bits++) values_.push_back(value_of(bits, type));
    // Rounding to nearest takes infinity for the next number of the sequence.
    values_.push_back(2.0 * values_.back() - values_[values_.size() - 2]);
  }
  uint16_t operator()(float value) const {
    if (std::isnan(value)) return 0x7fff;
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    const double magnitude = std::fabs(static_cast<double>(value));
    if (magnitude >= values_.back()) return sign | infinity_;
    const auto above = std::upper_bound(values_.begin(), values_.end(), magnitude);
    const auto low = static_cast<uint16_t>(above - values_.begin() - 1);
    const double down = magnitude - values_[low];
    const double up = *above - magnitude;
    const bool take_upper = up < down || (up == down && low % 2 == 1);
    return static_cast<uint16_t>(sign | (low + take_upper));
  }

 private:
  std::vector<double> values_;
  uint16_t infinity_;
};

std::string narrow(Type16 type) {
  const std::vector<float> values = hard_floats();
  const auto count = static_cast<int>(values.size());
  DeviceArray<float> in(values);
  DeviceArray<uint16_t> single(values.size());
  DeviceArray<uint32_t> pairs(values.size() / 2);
  const CudaError error =
      launch_narrow(type, in.data(), single.data(), pairs.data(), count, nullptr);
  const Rounding round(type);
  std::vector<uint16_t> expected;
  for (const float value : values) expected.push_back(round(value));
  std::vector<uint32_t> expected_pairs;
  for (size_t i = 0; i < values.size(); i += 2) {
    expected_pairs.push_back(expected[i] | uint32_t{expected[i + 1]} << 16);
  }
  const std::string text = verdict(error, single, expected, "rounded");
  return text.empty() ? verdict(error, pairs, expected_pairs, "pairs") : text;
}

std::string async_copies() {
  constexpr size_t kThreads = 128;
  std::vector<uint32_t> values(4 * kThreads);
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<uint32_t>(7000 + i);
  DeviceArray<uint32_t> in(values);
  DeviceArray<uint32_t> out(8 * kThreads);
  std::vector<uint32_t> expected(8 * kThreads);
  for (size_t t = 0; t < kThreads; t++) {
    const size_t n = (t + 1) % kThreads;
    for (size_t i = 0; i < 4; i++) expected[8 * t + i] = values[4 * n + i];
    expected[8 * t + 4] = values[4 * (kThreads - 1 - n) + 1];
    for (size_t i = 0; i < 3; i++) expected[8 * t + 5 + i] = n % 3 == 0 ? values[4 * n + i] : 0;
  }
  return verdict(launch_async_copy(in.data(), out.data(), nullptr), out, expected, "copied");
}

std::string dependents() {
  DeviceArray<int32_t> out(256);
  std::vector<int32_t> expected;
  for (int i = 0; i < 256; i++) expected.push_back(3 * i + 1);
  return verdict(launch_dependents(out.data(), nullptr), out, expected, "numbers");
}

}  // namespace

const std::vector<WrapperCase>& wrapper_cases() {
  static const std::vector<WrapperCase> cases = [] {
    std::vector<WrapperCase> all = {
        {"indices", 75, false, indices},
        {"shared_memory", 75, false, shared_memory},
        {"named_barriers", 75, false, named_barriers},
        {"shuffles", 75, false, shuffles},
        {"atomics", 75, false, atomics},
        {"mathematics", 75, false, mathematics},
        {"half_to_float", 75, false, [] { return widen(Type16::kHalf); }},
        {"bfloat16_to_float", 75, false, [] { return widen(Type16::kBfloat16); }},
        {"float_to_half", 75, false, [] { return narrow(Type16::kHalf); }},
        {"float_to_bfloat16", 75, false, [] { return narrow(Type16::kBfloat16); }},
        {"async_copies", 75, false, async_copies},
        {"dependents", 75, false, dependents},
    };
    add_matrix_cases(all);
    add_bulk_cases(all);
    return all;
  }();
  return cases;
}

}  // namespace fovea::cuda
