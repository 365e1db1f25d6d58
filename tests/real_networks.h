// The networks that people run, at their real sizes: the published ones from the folder
// FOVEA_MODELS, and SRCNN 9-5-5, whose weights no one ships, with random ones.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/model.h"

namespace fovea::test {

/// The folder that an environment variable names; none when it is unset or empty.
std::optional<std::filesystem::path> folder_from_environment(const char* variable);

/// True when FOVEA_LONG is set: `make check-long` wants every case, `make check` those of a few
/// seconds.
bool long_run();

/// realesr-animevideov3-x2 and so on, and srcnn-955-random.
const std::vector<std::string>& real_network_names();

/// The model; kModel when the file is not there (say so and skip) or does not load. SRCNN takes
/// luma that is already enlarged: its scale is 1.
Result<Model> load_real_network(const std::string& name);

/// `name` with what GoogleTest does not allow in names replaced.
std::string test_name(std::string name);

}  // namespace fovea::test
