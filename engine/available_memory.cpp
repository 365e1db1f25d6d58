#include "engine/available_memory.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <string>

namespace fovea {
namespace {

std::optional<int64_t> parse(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data() || value < 0) return std::nullopt;
  return value;
}

std::optional<int64_t> first_number(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  if (!(file >> word)) return std::nullopt;
  return parse(word);  // "max" has no number: no limit
}

std::optional<int64_t> machine_available() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::string value;
  std::string unit;
  while (file >> name >> value) {
    std::getline(file, unit);
    if (name != "MemAvailable:") continue;
    const auto kibibytes = parse(value);
    if (!kibibytes) return std::nullopt;
    return *kibibytes * 1024;
  }
  return std::nullopt;
}

// The folder of this process's cgroup v2, or the root's.
std::string control_group() {
  std::ifstream file("/proc/self/cgroup");
  std::string line;
  while (std::getline(file, line)) {
    if (line.rfind("0::", 0) == 0) return "/sys/fs/cgroup" + line.substr(3);
  }
  return "/sys/fs/cgroup";
}

std::optional<int64_t> group_available() {
  const std::string group = control_group();
  const auto limit = first_number(group + "/memory.max");
  const auto used = first_number(group + "/memory.current");
  if (!limit || !used) return std::nullopt;
  return std::max<int64_t>(0, *limit - *used);
}

}  // namespace

int64_t available_memory() {
  const auto machine = machine_available();
  const auto group = group_available();
  if (machine && group) return std::min(*machine, *group);
  return machine.value_or(group.value_or(0));
}

}  // namespace fovea
