#include "engine/enlarging_passes.h"

#include <algorithm>
#include <functional>

namespace fovea {
namespace {

// Networks in falling order of their scales, and the product of these.
struct Passes {
  std::vector<size_t> numbers;
  int64_t product = 1;
};

bool is_better(const Passes& a, const Passes& b, double wanted) {
  const bool a_reaches = static_cast<double>(a.product) >= wanted;
  const bool b_reaches = static_cast<double>(b.product) >= wanted;
  if (a_reaches != b_reaches) return a_reaches;
  return a_reaches ? a.product < b.product : a.product > b.product;
}

}  // namespace

std::vector<size_t> enlarging_passes(std::span<const int64_t> own, Scale wanted) {
  constexpr double kLeftToAResize = 1.5;
  const int64_t largest = *std::max_element(own.begin(), own.end());
  size_t count = 1;
  for (double reached = static_cast<double>(largest); wanted.value() / reached >= kLeftToAResize;
       reached *= static_cast<double>(largest)) {
    ++count;
  }

  std::vector<size_t> by_scale(own.size());
  for (size_t i = 0; i < own.size(); ++i) by_scale[i] = i;
  std::stable_sort(by_scale.begin(), by_scale.end(),
                   [&](size_t a, size_t b) { return own[a] > own[b]; });
  Passes best, chosen;
  // Every choice of `count` of them, in falling order.
  const std::function<void(size_t)> choose = [&](size_t from) {
    if (chosen.numbers.size() == count) {
      if (best.numbers.empty() || is_better(chosen, best, wanted.value())) best = chosen;
      return;
    }
    for (size_t i = from; i < by_scale.size(); ++i) {
      chosen.numbers.push_back(by_scale[i]);
      chosen.product *= own[by_scale[i]];
      choose(i);
      chosen.product /= own[by_scale[i]];
      chosen.numbers.pop_back();
    }
  };
  choose(0);
  return best.numbers;
}

}  // namespace fovea
