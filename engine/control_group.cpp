#include "engine/control_group.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <vector>

namespace fovea {
namespace {

std::optional<int64_t> parse(const std::string& text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;  // "max" is no number: no limit
}

// The numbers of a file's first line; an empty list when there is no such file.
std::vector<std::optional<int64_t>> numbers(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::optional<int64_t>> values;
  for (std::string word; file >> word && values.size() < 2;) values.push_back(parse(word));
  return values;
}

std::optional<int64_t> number(const std::string& path) {
  const auto values = numbers(path);
  return values.empty() ? std::nullopt : values[0];
}

// The value that follows `name` in a file of lines "name value".
int64_t entry(const std::string& path, const std::string& name) {
  std::ifstream file(path);
  std::string word;
  std::string value;
  while (file >> word >> value) {
    if (word == name) return parse(value).value_or(0);
  }
  return 0;
}

// The folder of each hierarchy that this process is in and that `controller` may be limited by:
// the one of version 2, and where version 1 is mounted the controller's.
struct Hierarchy {
  std::string mount;
  std::string group;  // "/", "/a/b"
  bool unified;
};

std::vector<Hierarchy> hierarchies(const std::string& root, const std::string& controller) {
  std::vector<Hierarchy> found;
  std::ifstream file(root + "/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {  // "4:cpu,cpuacct:/group"
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string names = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    const std::string base = root + "/sys/fs/cgroup";
    if (names.empty()) {
      found.push_back({base, group, true});
      found.push_back({base + "/unified", group, true});
    } else if (("," + names + ",").find("," + controller + ",") != std::string::npos) {
      found.push_back({base + "/" + names, group, false});
      if (names != controller) found.push_back({base + "/" + controller, group, false});
    }
  }
  return found;
}

// Calls visit(folder, unified) for the group and all above it.
void for_each_group(const std::string& root, const std::string& controller,
                    const std::function<void(const std::string&, bool)>& visit) {
  for (const Hierarchy& hierarchy : hierarchies(root, controller)) {
    std::string group = hierarchy.group;
    for (;;) {
      while (!group.empty() && group.back() == '/') group.pop_back();
      visit(hierarchy.mount + group, hierarchy.unified);
      if (group.empty()) break;
      group.erase(group.rfind('/') == group.npos ? 0 : group.rfind('/'));
    }
  }
}

template <class T>
void keep_least(std::optional<T>& least, T value) {
  least = least ? std::min(*least, value) : value;
}

}  // namespace

std::optional<double> ControlGroup::processors() const {
  std::optional<double> least;
  for_each_group(root_, "cpu", [&](const std::string& folder, bool unified) {
    std::optional<int64_t> quota;
    std::optional<int64_t> period;
    if (unified) {
      const auto values = numbers(folder + "/cpu.max");
      if (values.size() == 2) {
        quota = values[0];
        period = values[1];
      }
    } else {
      quota = number(folder + "/cpu.cfs_quota_us");  // -1: no limit
      period = number(folder + "/cpu.cfs_period_us");
    }
    if (quota && period && *quota > 0 && *period > 0)
      keep_least(least, static_cast<double>(*quota) / static_cast<double>(*period));
  });
  return least;
}

std::optional<int64_t> ControlGroup::memory_left() const {
  std::optional<int64_t> least;
  for_each_group(root_, "memory", [&](const std::string& folder, bool unified) {
    const auto limit = number(folder + (unified ? "/memory.max" : "/memory.limit_in_bytes"));
    const auto used = number(folder + (unified ? "/memory.current" : "/memory.usage_in_bytes"));
    if (!limit || !used) return;
    const int64_t cached =
        entry(folder + "/memory.stat", unified ? "inactive_file" : "total_inactive_file");
    keep_least(least, std::max<int64_t>(0, *limit - std::max<int64_t>(0, *used - cached)));
  });
  return least;
}

}  // namespace fovea
