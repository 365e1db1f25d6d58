// ShuffleConvolutions of a graph as steps.
#pragma once

#include <memory>

#include "engine/backend.h"

namespace fovea::cpu {

/// The convolution of `node`, a ShuffleConvolution, as a node of its own with the same output's id:
/// for the functions that make steps of convolutions.
Node convolution_of(const Node& node);

/// The step for `node` over `convolution`, a step for convolution_of(node): some rows are convolved
/// into scratch, then shuffled, and so on. For convolutions whose kernel cannot shuffle.
std::unique_ptr<Step> make_shuffle_step(const Node& node, std::unique_ptr<Step> convolution);

}  // namespace fovea::cpu
