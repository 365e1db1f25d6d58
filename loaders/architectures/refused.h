// Architectures that are recognised so that they can be refused by name.
#pragma once

#include <optional>
#include <string>

#include "engine/weights.h"

namespace fovea {

/// What `weights` are and why they are not run, when their names, or the metadata key
/// `architecture`, are those of a known architecture outside architectures(). No value for
/// everything else.
std::optional<std::string> refuse_known(const Weights& weights);

}  // namespace fovea
