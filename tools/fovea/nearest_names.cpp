#include "tools/fovea/nearest_names.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace fovea::cli {
namespace {

// The number of insertions, deletions and replacements of a letter from `a` to `b`.
size_t edit_distance(std::string_view a, std::string_view b) {
  // Wagner and Fischer 1974, one row of the table at a time.
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> nearest_names(std::string_view name, std::vector<std::string> candidates) {
  std::vector<std::pair<size_t, std::string>> ranked;
  for (std::string& candidate : candidates) {
    // More than half the letters wrong is another name, not a slip.
    const size_t distance = edit_distance(name, candidate);
    if (distance <= std::max<size_t>(2, name.size() / 2)) {
      ranked.emplace_back(distance, std::move(candidate));
    }
  }
  std::sort(ranked.begin(), ranked.end());
  ranked.erase(std::unique(ranked.begin(), ranked.end()), ranked.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < std::min<size_t>(3, ranked.size()); ++i) {
    names.push_back(std::move(ranked[i].second));
  }
  return names;
}

}  // namespace fovea::cli
