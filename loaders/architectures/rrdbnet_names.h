// What the tensors of an RRDBNet are called: four layouts of one network are in use.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/weights.h"

namespace fovea {

/// Convolutions by name, without ".weight" and ".bias".
struct RrdbNetNames {
  std::string layout;       ///< who writes them so
  std::string first;        ///< of the picture
  std::string trunk;        ///< "body" of body.0.rdb1.conv1
  std::string dense_block;  ///< "rdb" of the same
  std::string suffix;       ///< behind it: ".0" where a convolution stands in a Sequential
  std::string body_last;    ///< behind the last block
  std::vector<std::string> ups;
  std::string hr;
  std::string last;
  int64_t blocks = 0;

  /// Convolution `index` (1 ... 5) of dense block `dense` (1 ... 3) of block `block` (0 ...).
  std::string convolution(int64_t block, int dense, int index) const;
  /// The 1x1 convolution around a dense block's second (ESRGAN+, Rakotonirina & Rasoanaivo 2020).
  std::string shortcut(int64_t block, int dense) const;
};

/// The layout whose tensors `weights` holds; no value for another network. Real-ESRGAN's, BSRGAN's
/// and ESRGAN's of 2020, ESRGAN's of 2018.
std::optional<RrdbNetNames> rrdbnet_names(const Weights& weights);

}  // namespace fovea
