// Statistics over a picture or over a pixel's channels, and what norms make of them. Sums in f64.
#include <cmath>
#include <vector>

#include "kernels/reference/reference.h"

namespace fovea::reference {
namespace {

// Mean and variance of `count` channels from `first` on, over all pixels; the mean first, then the
// squared distances from it.
struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments_of(const ConstTensorView& map, int64_t first, int64_t count) {
  const double values = static_cast<double>(map.size().area() * count);
  const auto mean_of = [&](auto term) {
    double sum = 0;
    for (int64_t y = 0; y < map.height; ++y) {
      for (int64_t x = 0; x < map.width; ++x) {
        for (int64_t c = first; c < first + count; ++c) sum += term(map.at(y, x)[c]);
      }
    }
    return sum / values;
  };
  Moments moments;
  moments.mean = mean_of([](double v) { return v; });
  moments.variance = mean_of([&](double v) { return (v - moments.mean) * (v - moments.mean); });
  return moments;
}

}  // namespace

void global_average(const GlobalAverage& op, ConstTensorView input, TensorView output) {
  for (int64_t c = 0; c < input.channels; ++c) {
    const Moments moments = moments_of(input, c, 1);
    output.row(0)[c] =
        static_cast<float>(op.deviation ? std::sqrt(moments.variance) : moments.mean);
  }
}

void group_norm_factors(const GroupNormFactors& op, const ops::NormOp& norm, ConstTensorView input,
                        TensorView output) {
  const int64_t together = input.channels / op.groups;
  float* scale = output.row(0);
  float* shift = scale + input.channels;
  for (int64_t c = 0; c < input.channels; c += together) {
    const Moments moments = moments_of(input, c, together);
    for (int64_t k = c; k < c + together; ++k) {
      const auto n = static_cast<size_t>(k);
      const double factor = norm.weight[n] / std::sqrt(moments.variance + op.epsilon);
      scale[k] = static_cast<float>(factor);
      shift[k] = static_cast<float>(norm.bias[n] - moments.mean * factor);
    }
  }
}

void channel_norm(const ChannelNorm& op, const ops::NormOp& norm, ConstTensorView input,
                  TensorView output, RowRange rows) {
  const auto count = static_cast<double>(input.channels);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < input.width; ++x) {
      const float* in = input.at(y, x);
      double mean = 0;
      for (int64_t c = 0; op.centred && c < input.channels; ++c) mean += in[c] / count;
      double variance = 0;
      for (int64_t c = 0; c < input.channels; ++c)
        variance += (in[c] - mean) * (in[c] - mean) / count;
      const double scale = op.adds_to_root ? 1 / (std::sqrt(variance) + op.epsilon)
                                           : 1 / std::sqrt(variance + op.epsilon);
      for (int64_t c = 0; c < input.channels; ++c) {
        const auto n = static_cast<size_t>(c);
        output.at(y, x)[c] =
            static_cast<float>(norm.weight[n] * ((in[c] - mean) * scale) + norm.bias[n]);
      }
    }
  }
}

}  // namespace fovea::reference
