// A thread for each vector of a map's rows: how kernels that compute pixel by pixel are cut into
// blocks. The host's half says the shape of the grid, the device's half which vector a thread has.
//
// A block is kThreads consecutive vectors of one row of one plane: blocks (rows x pieces of a row,
// planes). 256 threads with one load in flight each, at eight blocks a multiprocessor, have
// 32 KB on their way, more than the 36 GB/s x 0.7 us = 25 KB that an H200's memory takes to be kept
// busy (Little's law); a loop within threads would gain nothing.
#pragma once

#include <limits>

#include "kernels/cuda/launch.h"
#include "kernels/cuda/map_vectors.cuh"

namespace fovea::cuda {

/// Of kernels that only load, compute and store.
inline constexpr int kVectorThreads = 256;

/// Rows first_row, ... of `row_vectors` vectors each, by pieces of kThreads.
template <int kThreads>
struct VectorGrid {
  int32_t first_row = 0;
  int32_t row_vectors = 0;
  int32_t row_pieces = 0;
};

/// Where a thread works.
struct VectorPlace {
  int32_t row = 0;
  int32_t plane = 0;
  int32_t index = 0;  // of the vector in the plane's row; behind the row's end for idle threads
};

template <int kThreads>
FOVEA_DEVICE VectorPlace vector_place(const VectorGrid<kThreads>& grid) {
  const int row = block_index() / grid.row_pieces;
  const int piece = block_index() - row * grid.row_pieces;
  return {grid.first_row + row, block_index_y(), piece * kThreads + thread_index()};
}

/// The first channel of the vector at `place`.
template <class T>
FOVEA_DEVICE int first_channel(const VectorPlace& place) {
  return place.plane * static_cast<int>(kPlaneChannels) +
         place.index % kPixelVectors<T> * kVectorChannels<T>;
}

/// The grid for rows [first_row, last_row), first_row < last_row, of `planes` planes of `width`
/// pixels of T; false where there are more blocks than a grid can have.
template <class T, int kThreads>
bool make_vector_grid(int64_t first_row, int64_t last_row, int64_t width, int64_t planes,
                      VectorGrid<kThreads>& grid, LaunchShape& shape) {
  constexpr int64_t kMostX = std::numeric_limits<int32_t>::max();
  constexpr int64_t kMostY = 65535;
  const int64_t vectors = width * kPixelVectors<T>;
  const int64_t pieces = (vectors + kThreads - 1) / kThreads;
  if (last_row > kMostX || vectors > kMostX - kThreads || planes > kMostY ||
      (last_row - first_row) > kMostX / pieces) {
    return false;
  }
  grid = {static_cast<int32_t>(first_row), static_cast<int32_t>(vectors),
          static_cast<int32_t>(pieces)};
  shape = {};
  shape.grid_x = static_cast<unsigned>((last_row - first_row) * pieces);
  shape.grid_y = static_cast<unsigned>(planes);
  shape.grid_z = 1;
  shape.threads = kThreads;
  return true;
}

}  // namespace fovea::cuda
