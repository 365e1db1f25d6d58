// What the control group that this process is in lets it use: Linux cgroups, version 2 and 1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace fovea {

/// Reads the limits of a process's group and of every group above it; the least counts. In a
/// container the path that the process is told may begin above the folder that is mounted: folders
/// that are not there are passed over.
class ControlGroup {
 public:
  /// `root` stands before every path that is read, for tests: "" is the machine's own.
  explicit ControlGroup(std::string root = "") : root_(std::move(root)) {}

  /// Processors' worth of time, e.g. 1.5; no value where nothing is limited.
  std::optional<double> processors() const;

  /// Bytes that may still be taken. Cached files that nobody has read lately do not count as used:
  /// they make room. No value where nothing is limited.
  std::optional<int64_t> memory_left() const;

 private:
  std::string root_;
};

}  // namespace fovea
