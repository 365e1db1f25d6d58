// Layers that take the training pictures' mean colour off a picture, or put it back.
#pragma once

#include <string>
#include <vector>

#include "engine/weights.h"

namespace fovea {

/// What is added to each channel.
struct MeanShift {
  std::vector<double> bias;
  std::vector<std::string> names;  // of its tensors
};

/// The 1x1 convolution NAME of `channels` channels, which must be an identity with a bias. kModel
/// when it is missing or more than that.
Result<MeanShift> read_mean_shift(const Weights& weights, const std::string& name,
                                  int64_t channels);

/// The two shifts around a network, of which the second takes the first back. kModel where not.
struct MeanShifts {
  MeanShift before;
  MeanShift after;
};
Result<MeanShifts> read_mean_shifts(const Weights& weights, const std::string& before,
                                    const std::string& after, int64_t channels);

/// What the shifts sub_mean and add_mean around a network of pictures tell.
struct PictureMean {
  double range = 1.0;        ///< of the samples that the network sees
  std::vector<double> mean;  ///< of each channel, in 0...1
  std::vector<std::string> names;
};
Result<PictureMean> read_picture_mean(const Weights& weights, int64_t channels);

/// What networks have whose mean is none of their tensors: that of DIV2K's 800 pictures. kModel
/// where `channels` are not 3.
Result<PictureMean> div2k_mean(double range, int64_t channels);

}  // namespace fovea
