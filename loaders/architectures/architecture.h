// From named tensors to a Model: the architecture is told by the names, its parameters by the
// shapes.
#pragma once

#include <span>
#include <string_view>

#include "engine/model.h"
#include "engine/weights.h"

namespace fovea {

/// A family of networks that share their tensors' names.
struct Architecture {
  std::string_view name;
  bool (*detect)(const Weights& weights);  ///< by names and ranks alone; cheap, never an error
  Result<Model> (*build)(const Weights& weights);
};

/// The families this version runs, in the order in which they are tried.
std::span<const Architecture* const> architectures();

/// The Model that `weights` hold, with its metadata; `format` is the caller's to fill. The metadata
/// key `architecture` chooses the family where it names one of architectures(); otherwise the
/// tensors' names do. kModel: an architecture that is not run (by name where it is recognised, else
/// with the first names), missing, unexpected, misshaped or non-finite tensors, or channels that no
/// picture has.
Result<Model> build_architecture(const Weights& weights);

}  // namespace fovea
