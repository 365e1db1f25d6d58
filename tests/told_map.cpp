#include "tests/told_map.h"

#include <algorithm>
#include <utility>

namespace fovea::test {

Tensor told_map(const Model& model, Tensor map) {
  if (!model.condition) return map;
  const Condition& condition = *model.condition;
  const auto number = static_cast<float>(condition.usual.value() / condition.unit);
  Tensor told(map.size(), map.channels() + 1);
  for (int64_t y = 0; y < map.size().height; ++y) {
    for (int64_t x = 0; x < map.size().width; ++x) {
      float* const pixel = told.view().at(y, x);
      std::copy_n(map.view().at(y, x), map.channels(), pixel);
      pixel[map.channels()] = number;
    }
  }
  return told;
}

}  // namespace fovea::test
