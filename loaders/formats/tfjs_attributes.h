// The attributes of a Keras layer: nothing is skipped that might change a result.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "loaders/formats/tfjs_layers.h"

namespace fovea {

/// kModel where the config holds something else than what is `known` and what training needs.
Status expect_tfjs_keys(const TfjsLayer& layer, std::initializer_list<std::string_view> known);

/// kModel where `key` is there and neither `expected` nor a pair of it.
Status expect_tfjs(const TfjsLayer& layer, const char* key, const Json& expected);

/// A number 1...high, or the same for rows and columns. kModel for anything else.
Result<int64_t> tfjs_square(const TfjsLayer& layer, const char* key, int64_t high);

std::string tfjs_text_or(const TfjsLayer& layer, const char* key, const char* otherwise);

}  // namespace fovea
