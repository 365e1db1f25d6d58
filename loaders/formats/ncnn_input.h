// How many channels an ncnn network's picture has.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/status.h"
#include "loaders/formats/ncnn_param.h"

namespace fovea {

/// The channels of the first layer's blob: as it declares them, else as the first layer with
/// weights that reads it, directly or through layers that keep the channels, must have them. kModel
/// when nothing tells.
Result<int64_t> ncnn_input_channels(const std::vector<NcnnLayer>& layers);

}  // namespace fovea
