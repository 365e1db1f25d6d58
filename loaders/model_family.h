// Names of families: standard for standard-x2, standard-x3, standard-x4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/scale.h"

namespace fovea {

template <class Found>
struct FamilyMember {
  int64_t scale;
  Found found;
};

/// What `find` (a name to an optional) gives for NAME-x1 ... NAME-x16, in this order.
template <class Find>
auto family_members(const Find& find, const std::string& name) {
  constexpr int64_t kLargestScale = 16;
  std::vector<FamilyMember<typename decltype(find(name))::value_type>> members;
  for (int64_t n = 1; n <= kLargestScale; ++n) {
    if (auto member = find(name + "-x" + std::to_string(n)))
      members.push_back({n, std::move(*member)});
  }
  return members;
}

/// The member of exactly the scale that is wanted (x4 where none is), else the smallest above it,
/// else the largest. `members` has one or more.
template <class Found>
Found nearest_member(std::vector<FamilyMember<Found>> members, std::optional<Scale> wanted) {
  constexpr double kUsualScale = 4;
  const double scale = wanted ? wanted->value() : kUsualScale;
  for (FamilyMember<Found>& member : members) {
    if (static_cast<double>(member.scale) >= scale) return std::move(member.found);
  }
  return std::move(members.back().found);
}

}  // namespace fovea
