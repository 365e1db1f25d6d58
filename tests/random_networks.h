// Small networks with random weights, of the shapes that the published families have, and random
// ones.
#pragma once

#include <string>
#include <vector>

#include "engine/graph.h"
#include "tests/random_values.h"

namespace fovea::test {

/// A graph for tests, and what its input's sides must be multiples of.
struct Network {
  std::string name;
  Graph graph;
  int64_t padding_multiple = 1;
};

/// Residual in residual dense blocks, nearest x2 stages, behind a pixel-unshuffle where `unshuffle`
/// > 1 (RRDBNet).
Network dense_network(uint32_t seed, int64_t blocks, int64_t stages, int64_t unshuffle);

/// Convolutions to `features` channels with PReLU, pixel shuffle, nearest base; then a resize by
/// `after` where that is not 1 (SRVGGNetCompact and the ncnn files of animevideov3-x2 and -x3).
Network shuffle_network(uint32_t seed, int64_t convolutions, int64_t factor, Scale after,
                        int64_t features = 8);

/// Bicubic, then 9x9, 5x5, 5x5 with ReLU (SRCNN), of few channels.
Network srcnn_network(uint32_t seed, Scale scale);

/// The same with 9x9, 1x1, 5x5 and the paper's 64 and 32 channels.
Network srcnn_915_network(uint32_t seed, Scale scale);

/// Convolutions to 64 channels, of them up, of them again with LeakyReLU, and to `out` (the end of
/// RRDBNet x2 to x4).
Network tail_network(uint32_t seed, int64_t out);

/// Twelve random operators on random earlier values, concats and skips among them.
Network random_network(uint32_t seed);

/// Ten random operators that see the whole picture or change a map's margins, between convolutions.
Network reaching_network(uint32_t seed);

/// Some of each but reaching_network: what every backend runs.
std::vector<Network> local_networks();

/// Some of each.
std::vector<Network> all_networks();

}  // namespace fovea::test
