// JSON of strangers as a tree: bounded in depth, no key twice.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea {

using Json = nlohmann::json;

/// The tree of `text`. kModel where it is not JSON in UTF-8, is deeper than `max_depth`, or has a
/// key of an object twice, of which readers would keep different ones.
Result<Json> parse_strict_json(std::string_view text, int max_depth);

/// The member `key` of an object; null where there is none or `object` is no object.
const Json* find_member(const Json& object, const char* key);

/// Members of a kind; kModel naming the key where it is missing or something else.
Result<std::string> text_member(const Json& object, const char* key);
Result<const Json*> array_member(const Json& object, const char* key);
Result<const Json*> object_member(const Json& object, const char* key);
Result<double> finite_member(const Json& object, const char* key);
Result<int64_t> whole_member(const Json& object, const char* key, int64_t low, int64_t high);
Result<std::vector<int64_t>> wholes_member(const Json& object, const char* key, int64_t low,
                                           int64_t high, size_t max_count);

}  // namespace fovea
