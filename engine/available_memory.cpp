#include "engine/available_memory.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

#include "engine/control_group.h"

namespace fovea {
namespace {

// The value of a line "Name:   1234 kB", in bytes.
std::optional<int64_t> kibibytes_of(const char* path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name, 0) != 0) continue;
    const long long value = std::strtoll(line.c_str() + name.size(), nullptr, 10);
    return static_cast<int64_t>(value) * 1024;
  }
  return std::nullopt;
}

}  // namespace

int64_t available_memory() {
  const auto machine = kibibytes_of("/proc/meminfo", "MemAvailable:");
  const auto group = ControlGroup().memory_left();
  if (machine && group) return std::min(*machine, *group);
  return machine.value_or(group.value_or(0));
}

int64_t resident_memory() { return kibibytes_of("/proc/self/status", "VmRSS:").value_or(0); }

int64_t peak_memory() { return kibibytes_of("/proc/self/status", "VmHWM:").value_or(0); }

}  // namespace fovea
