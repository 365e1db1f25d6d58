// What a graph says of itself where its file names no architecture: formats that hold graphs.
#pragma once

#include "engine/model.h"

namespace fovea {

/// Sets model.architecture and model.details for people to read. RRDBNet and SRVGGNetCompact are
/// told by the counts of their operators; anything else is a "convolutional network".
void describe_structure(Model& model);

/// Sets how the picture goes in and out: colours by the graph's channels, the scale, and of what
/// the picture's sides must be multiples (besides `multiple`) so that every map's size is a whole
/// number: at those sizes the rounding rules of resizes do not matter. kModel for channels that are
/// no picture's, and for scales and multiples beyond what networks have.
Status fit_picture(Model& model, int64_t multiple = 1);

}  // namespace fovea
