// A node's attributes by name, with defaults and ranges.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"
#include "loaders/formats/onnx/onnx_messages.h"

namespace fovea {

/// Reads the attributes of one node. The first thing that is wrong is kept until done(), which also
/// refuses attributes that nobody asked for: what is not understood is not skipped.
class OnnxAttributes {
 public:
  explicit OnnxAttributes(const OnnxNode& node) : node_(node) {}

  bool has(std::string_view name) { return find(name) != nullptr; }
  int64_t integer(std::string_view name, int64_t fallback, int64_t low, int64_t high);
  float real(std::string_view name, float fallback);
  std::string_view text(std::string_view name, std::string_view fallback);

  /// `fallback` where there is none; kept as wrong unless it has `count` numbers (-1: any number
  /// of them) within low...high.
  std::vector<int64_t> integers(std::string_view name, std::vector<int64_t> fallback, int64_t count,
                                int64_t low, int64_t high);
  std::vector<float> reals(std::string_view name);
  const OnnxTensor* tensor(std::string_view name);

  /// An attribute that changes nothing here, whatever it says.
  void ignore(std::string_view name) { read_.insert(name); }

  /// An attribute that must not be there, or have this value.
  void expect(std::string_view name, int64_t value) { integer(name, value, value, value); }

  Status done();

 private:
  const OnnxAttribute* find(std::string_view name);
  const OnnxAttribute* find(std::string_view name, OnnxAttribute::Kind kind);
  void keep(std::string message);

  const OnnxNode& node_;
  std::set<std::string_view> read_;
  std::optional<Error> error_;
};

}  // namespace fovea
