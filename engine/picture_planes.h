// How a picture's channels go through a network: what each run reads and where its result is
// stored.
#pragma once

#include <concepts>
#include <functional>
#include <utility>
#include <vector>

#include "engine/model.h"
#include "engine/picture.h"
#include "engine/rows.h"

namespace fovea {

/// Fills row y of a network's input. Called by several threads at once, each for rows of its own.
struct RowReader {
  std::function<void(int64_t y, float* row)> values;  ///< (W, C) in 0...1

  /// The same row as samples (W, C) of the picture, where it consists of them: of `type`, kF32
  /// where it does not.
  std::function<void(int64_t y, uint8_t* row)> samples;
  SampleType type = SampleType::kF32;

  RowReader() = default;
  template <std::invocable<int64_t, float*> Values>
  RowReader(Values rows) : values(std::move(rows)) {}
};

/// Takes row y of a network's output. Called as RowReader is.
struct RowWriter {
  std::function<void(int64_t y, const float* row)> values;  ///< (W, C), finite but not clamped

  /// The same row, clamped and rounded, where it is samples of the result.
  std::function<void(int64_t y, const uint8_t* row)> samples;
  SampleType type = SampleType::kF32;

  RowWriter() = default;
  template <std::invocable<int64_t, const float*> Values>
  RowWriter(Values rows) : values(std::move(rows)) {}
};

/// One run over a picture.
struct PlaneJob {
  RowReader reader;
  RowWriter writer;
  bool is_chroma = false;  ///< two channels resized beside a network on luma, not run through it
};

/// The channels of the result: the picture's own, and colour where the network makes it from gray.
int output_channels(ColourMode mode, const Picture& picture);

/// What the rows of most runs of plane_jobs() consist of: the picture's samples, where colour or
/// gray goes through a network as it is, else f32.
SampleType picture_row_type(ColourMode mode, const Picture& picture);

/// The runs that turn `picture` into `result`, in order; both must outlive them. Gray goes through
/// a colour network as three equal channels and comes back as their luma (0.299 R + 0.587 G + 0.114
/// B); so does alpha, unless it is constant or the network has a channel for it. Colour goes
/// through a gray network as luma, chroma beside it.
std::vector<PlaneJob> plane_jobs(ColourMode mode, const Picture& picture, Picture& result);

/// Copies the alpha of `picture` where every pixel has the same: no run is spent on it.
void fill_constant_alpha(const Picture& picture, Picture& result);

}  // namespace fovea
