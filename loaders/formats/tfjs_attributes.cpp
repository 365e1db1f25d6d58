#include "loaders/formats/tfjs_attributes.h"

#include <algorithm>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

// What training and bookkeeping leave in a config: nothing that inference reads.
bool is_of_training(std::string_view key) {
  for (const std::string_view suffix : {"_initializer", "_regularizer", "_constraint"}) {
    if (key.ends_with(suffix)) return true;
  }
  return key == "name" || key == "trainable" || key == "dtype";
}

}  // namespace

Status expect_tfjs_keys(const TfjsLayer& layer, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : layer.config->items()) {
    if (is_of_training(key)) continue;
    if (std::find(known.begin(), known.end(), key) == known.end())
      return fail(ErrorCode::kModel, "the attribute {} is not supported", shown(key));
  }
  return {};
}

Status expect_tfjs(const TfjsLayer& layer, const char* key, const Json& expected) {
  const Json* value = find_member(*layer.config, key);
  if (value == nullptr || *value == expected) return {};
  // A number for both directions may be written as a pair.
  if (value->is_array() && *value == Json::array({expected, expected})) return {};
  return fail(ErrorCode::kModel, "its {} is {}, only {} is supported", key,
              shown(value->dump(-1, ' ', true, Json::error_handler_t::replace)), expected.dump());
}

Result<int64_t> tfjs_square(const TfjsLayer& layer, const char* key, int64_t high) {
  const Json* value = find_member(*layer.config, key);
  if (value != nullptr && value->is_number()) return whole_member(*layer.config, key, 1, high);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<int64_t> both,
                         wholes_member(*layer.config, key, 1, high, 2));
  if (both.size() != 2 || both[0] != both[1])
    return fail(ErrorCode::kModel, "its {} differs in rows and columns, which is not supported",
                key);
  return both[0];
}

std::string tfjs_text_or(const TfjsLayer& layer, const char* key, const char* otherwise) {
  const Json* value = find_member(*layer.config, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : otherwise;
}

}  // namespace fovea
