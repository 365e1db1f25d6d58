// A convolution whose values are made of a file's tensors instead of being one of them.
#pragma once

#include <string>
#include <vector>

#include "engine/weights.h"

namespace fovea {

/// A convolution of kernel x kernel, stride 1, padded with zeros to the same size. Its values stay
/// in f64 through every rewriting and are rounded once, by GraphBuilder::convolution_of.
struct CollapsedConvolution {
  int64_t in_channels = 0;
  int64_t out_channels = 0;
  int64_t kernel = 0;
  int64_t groups = 1;
  std::vector<double> weight;      // (out, in / groups, kernel, kernel)
  std::vector<double> bias;        // (out)
  std::vector<std::string> names;  // of the tensors that it was made of or that stand for it

  int64_t in_per_group() const { return in_channels / groups; }
  size_t index(int64_t out, int64_t in, int64_t row, int64_t column) const {
    return static_cast<size_t>(((out * in_per_group() + in) * kernel + row) * kernel + column);
  }
};

/// Whether a convolution's tensors include a bias.
enum class Bias { kStored, kNone };

/// The values of tensor `name`, which must be floating point, finite and of `rank` dimensions.
/// kModel otherwise, or when it is missing.
Result<std::vector<double>> read_values(const Weights& weights, const std::string& name,
                                        size_t rank);

/// The tensor NAME.bias of `channels` values, or as many zeros. kModel when it is missing or
/// misshaped.
Result<std::vector<double>> read_bias(const Weights& weights, const std::string& name, Bias bias,
                                      int64_t channels);

/// Conv2d by the tensors NAME.weight (out, in / groups, k, k), of any k, and NAME.bias (zeros where
/// there is none). kModel when one is missing or misshaped.
Result<CollapsedConvolution> read_convolution(const Weights& weights, const std::string& name,
                                              Bias bias = Bias::kStored, int64_t groups = 1);

/// `convolution`, of one group, for a map of `in_channels`: those behind its own count for nothing.
/// Itself where there are no more.
CollapsedConvolution with_idle_inputs(CollapsedConvolution convolution, int64_t in_channels);

/// kModel when the members do not fit each other.
Status check(const CollapsedConvolution& convolution);

}  // namespace fovea
