// How a picture's channels go through a network: what each run reads and where its result is
// stored.
#pragma once

#include <functional>
#include <vector>

#include "engine/model.h"
#include "engine/picture.h"

namespace fovea {

/// Fills row y of a network's input, (W, C) in 0...1. Called by several threads at once, each for
/// rows of its own.
using RowReader = std::function<void(int64_t y, float* row)>;

/// Takes row y of a network's output, (W, C), finite but not clamped. Called as RowReader is.
using RowWriter = std::function<void(int64_t y, const float* row)>;

/// One run over a picture.
struct PlaneJob {
  RowReader reader;
  RowWriter writer;
  bool is_chroma = false;  ///< two channels resized beside a network on luma, not run through it
};

/// The channels of the result: the picture's own, and colour where the network makes it from gray.
int output_channels(ColourMode mode, const Picture& picture);

/// The runs that turn `picture` into `result`, in order; both must outlive them. Gray goes through
/// a colour network as three equal channels and comes back as their luma (0.299 R + 0.587 G + 0.114
/// B); so does alpha, unless it is constant or the network has a channel for it. Colour goes
/// through a gray network as luma, chroma beside it.
std::vector<PlaneJob> plane_jobs(ColourMode mode, const Picture& picture, Picture& result);

/// Copies the alpha of `picture` where every pixel has the same: no run is spent on it.
void fill_constant_alpha(const Picture& picture, Picture& result);

}  // namespace fovea
