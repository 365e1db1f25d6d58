#include "loaders/formats/strict_json.h"

#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

// Brackets that are open at once, outside of strings. The parser's own stack is on the heap, but
// what it builds would be walked by recursion.
bool is_deeper(std::string_view text, int max_depth) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > max_depth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

tl::unexpected<Error> wrong(const char* key, std::string_view expected) {
  return fail(ErrorCode::kModel, "\"{}\" is missing or no {}", key, expected);
}

std::optional<int64_t> to_whole(const Json& value, int64_t low, int64_t high) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX))
    return std::nullopt;
  const auto number = value.get<int64_t>();
  if (number < low || number > high) return std::nullopt;
  return number;
}

}  // namespace

Result<Json> parse_strict_json(std::string_view text, int max_depth) {
  if (is_deeper(text, max_depth))
    return fail(ErrorCode::kModel, "its JSON is nested more than {} deep", max_depth);
  std::vector<std::set<std::string>> keys;
  std::optional<std::string> twice;
  const auto watch = [&](int, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
      twice = value.get<std::string>();
    return true;
  };
  Json tree = Json::parse(text.begin(), text.end(), watch, false);
  if (tree.is_discarded()) return fail(ErrorCode::kModel, "is not JSON in UTF-8");
  if (twice) return fail(ErrorCode::kModel, "the key {} is there twice", shown(*twice));
  return tree;
}

const Json* find_member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

Result<std::string> text_member(const Json& object, const char* key) {
  const Json* member = find_member(object, key);
  if (member == nullptr || !member->is_string()) return wrong(key, "text");
  return member->get<std::string>();
}

Result<const Json*> array_member(const Json& object, const char* key) {
  const Json* member = find_member(object, key);
  if (member == nullptr || !member->is_array()) return wrong(key, "array");
  return member;
}

Result<const Json*> object_member(const Json& object, const char* key) {
  const Json* member = find_member(object, key);
  if (member == nullptr || !member->is_object()) return wrong(key, "object");
  return member;
}

Result<double> finite_member(const Json& object, const char* key) {
  const Json* member = find_member(object, key);
  if (member == nullptr || !member->is_number() || !std::isfinite(member->get<double>()))
    return wrong(key, "finite number");
  return member->get<double>();
}

Result<int64_t> whole_member(const Json& object, const char* key, int64_t low, int64_t high) {
  const Json* member = find_member(object, key);
  const auto number = member == nullptr ? std::nullopt : to_whole(*member, low, high);
  if (!number)
    return fail(ErrorCode::kModel, "\"{}\" is missing or no whole number {}...{}", key, low, high);
  return *number;
}

Result<std::vector<int64_t>> wholes_member(const Json& object, const char* key, int64_t low,
                                           int64_t high, size_t max_count) {
  FOVEA_ASSIGN_OR_RETURN(const Json* array, array_member(object, key));
  if (array->size() > max_count)
    return fail(ErrorCode::kModel, "\"{}\" has {} numbers, limit {}", key, array->size(),
                max_count);
  std::vector<int64_t> numbers;
  for (const Json& value : *array) {
    const auto number = to_whole(value, low, high);
    if (!number)
      return fail(ErrorCode::kModel, "\"{}\" holds what is no whole number {}...{}", key, low,
                  high);
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace fovea
