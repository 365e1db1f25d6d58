// A layer's parameters by number, with defaults and ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "engine/status.h"
#include "loaders/formats/ncnn_param.h"

namespace fovea {

/// Reads the parameters of one layer. The first failure is kept and reported by done(), so that a
/// layer's code reads all it needs and then asks once; values read after a failure are within range
/// too. A parameter that the layer's code never asked for is a failure as well: what is not
/// understood is not ignored.
class NcnnAttributes {
 public:
  explicit NcnnAttributes(const NcnnLayer& layer) : layer_(layer) {}

  /// A whole number in low...high, `fallback` where the file has none (the default is checked too).
  int64_t whole(int id, int64_t fallback, int64_t low, int64_t high, std::string_view what);

  /// A whole number that must have one value.
  void expect(int id, int64_t fallback, int64_t value, std::string_view what) {
    whole(id, fallback, value, value, what);
  }

  float number(int id, float fallback, std::string_view what);

  /// An array, empty where the file has none.
  std::vector<float> numbers(int id, std::string_view what);

  /// kModel for the first failure, or for a parameter that was not read.
  Status done();

 private:
  const NcnnParameter* find(int id);
  void keep(Error error) {
    if (!error_) error_ = std::move(error);
  }

  const NcnnLayer& layer_;
  std::set<int> read_;
  std::optional<Error> error_;
};

}  // namespace fovea
