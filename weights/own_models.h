// The models of this project, as weights/models.json lists them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fovea {

/// A row of the table.
struct OwnModel {
  std::string_view name;  ///< standard-x2; its file is NAME.safetensors
  std::string_view use;   ///< what it is for, in one line
  /// Its file where it is built into this program, for as long as the program runs; else empty.
  std::span<const std::byte> bytes;
};

/// In the table's order. May be empty.
std::span<const OwnModel> own_models();

/// The name, or the family's name (`standard` of standard-x2, standard-x4), of the model to be used
/// where none is named. Of no row where there are no rows.
std::string_view own_default();

}  // namespace fovea
