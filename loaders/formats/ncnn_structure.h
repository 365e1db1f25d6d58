// A name for an ncnn network, which has none of its own, told from its layers.
#pragma once

#include <vector>

#include "engine/model.h"
#include "loaders/formats/ncnn_param.h"

namespace fovea {

/// Sets model.architecture and model.details for people to read. RRDBNet and SRVGGNetCompact are
/// told by the counts of their layers; anything else is a "convolutional network".
void describe_structure(const std::vector<NcnnLayer>& layers, Model& model);

}  // namespace fovea
