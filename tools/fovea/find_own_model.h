// The models of this project: built into the program, or files that belong to it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "tools/fovea/found_model.h"
#include "weights/own_models.h"

namespace fovea::cli {

/// The model of exactly this name, if it is one of this project's and here.
std::optional<FoundModel> find_own_model(std::string_view name);

/// A row of the table, and where its model is.
struct OwnModelFound {
  const OwnModel& row;
  FoundModel found;
};

/// All that are here, in the table's order.
std::vector<OwnModelFound> list_own_models();

}  // namespace fovea::cli
