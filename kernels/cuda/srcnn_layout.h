// How pack_srcnn lays out weights and the SRCNN kernel reads them. Host and device share it.
//
// Each convolution is a product of pixels (16 rows of a fragment) and weights (columns), K by steps
// of 16, N by tiles of 8. A lane keeps its two words of every weight fragment in registers:
//   conv1  N = 64 channels, K = 80 of 81 taps: step s < 4, k: tap (2s + k / 8, k % 8);
//          step 4: k < 8: (8, k), else (k - 8, 8). Tap (8, 8) is added apart.
//   conv2  N = 32 channels, K = 64 channels
//   conv3  N = 25 taps of 32 columns, K = 32 channels: each column is a shifted map of its own
#pragma once

#include <cstdint>

namespace fovea::cuda::srcnn {

inline constexpr int kSteps1 = 5, kTiles1 = 8;
inline constexpr int kSteps2 = 4, kTiles2 = 4;
inline constexpr int kSteps3 = 2, kTiles3 = 4;
inline constexpr int kTaps3 = 25;

/// Two words of each of 32 lanes, fragment by fragment: all of conv1, of conv2, of conv3.
inline constexpr int kFragments1 = kSteps1 * kTiles1;
inline constexpr int kFragments2 = kSteps2 * kTiles2;
inline constexpr int kFragments3 = kSteps3 * kTiles3;
inline constexpr int kFragmentWords = 2 * 32;
inline constexpr int kWords = (kFragments1 + kFragments2 + kFragments3) * kFragmentWords;

/// Behind the fragments, f32: bias1 (64), tap (8, 8) of conv1 (64), bias2 (32), bias3.
inline constexpr int kBias1 = 0;
inline constexpr int kLastTap1 = kBias1 + 8 * kTiles1;
inline constexpr int kBias2 = kLastTap1 + 8 * kTiles1;
inline constexpr int kBias3 = kBias2 + 8 * kTiles2;
inline constexpr int kFloats = kBias3 + 1;

}  // namespace fovea::cuda::srcnn
