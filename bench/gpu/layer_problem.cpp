#include "bench/gpu/layer_problem.h"

#include <cmath>

#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {
namespace {

constexpr float kSlope = 0.2f;
// y <- 0.2 y + x, then 0.2 z + x0, as RRDBNet has them.
constexpr float kResidualScale = 0.2f;

std::vector<float> channel_values(const MeasuredLayer& layer, float size, uint32_t seed) {
  std::vector<float> values;
  for (const int64_t channels : {layer.out_channels, layer.middle_channels}) {
    const std::vector<float> own = random_values(ElementType::kF16, channels, size, seed);
    values.insert(values.end(), own.begin(), own.end());
    values.resize(values.size() +
                  static_cast<size_t>(planes_of(channels) * kPlaneChannels - channels));
  }
  return values;
}

}  // namespace

LayerProblem::LayerProblem(MeasuredLayer layer, int64_t height, int64_t width, int64_t padding,
                           uint32_t seed)
    : layer_(std::move(layer)), height_(height), width_(width), padding_(padding), seed_(seed) {
  // Sums of about the inputs' size, as in a trained network: inputs and weights are uniform, so
  // a sum of n products of size s has variance n s^2 / 9.
  const auto products = static_cast<float>(layer_.last_weights());
  weights_ = random_values(layer_.type, layer_.weight_count(), std::sqrt(3.0f / products), seed);
  bias_ = channel_values(layer_, 0.1f, seed + 1);
  slopes_ = channel_values(layer_, 0.3f, seed + 2);
}

CudaError LayerProblem::prepare(int sets) {
  if (CudaError error = device_bias_.upload(bias_)) return error;
  if (CudaError error = device_slopes_.upload(slopes_)) return error;
  const int64_t out_height = output_height();
  const int64_t out_width = output_width();
  for (int set = 0; set < sets; set++) {
    const uint32_t seed = seed_ + 100 * static_cast<uint32_t>(set);
    LayerMaps made;
    made.input = std::make_unique<RandomMap>(layer_.type, height_, width_, layer_.in_channels,
                                             width_ + padding_, seed + 3);
    if (CudaError error = made.input->upload()) return error;
    for (int i = 0; i < layer_.residuals; i++) {
      made.residuals.push_back(
          std::make_unique<RandomMap>(layer_.type, out_height, out_width, layer_.out_channels,
                                      out_width + padding_, seed + 4 + static_cast<uint32_t>(i)));
      if (CudaError error = made.residuals.back()->upload()) return error;
    }
    made.output = std::make_unique<PoisonedMap>(layer_.type, out_height, out_width,
                                                layer_.out_channels, out_width + padding_);
    if (CudaError error = made.output->allocate()) return error;
    if (CudaError error = made.output->poison(nullptr)) return error;
    maps_.push_back(std::move(made));
  }
  return synchronize(nullptr);
}

ConvolutionArgs LayerProblem::args(int set) const {
  const LayerMaps& maps = maps_[static_cast<size_t>(set)];
  ConvolutionArgs args;
  args.input = maps.input->map();
  args.output = maps.output->map();
  // Before there are any, some memory: kernels are asked what they support with whole arguments.
  args.weights = device_weights_ ? device_weights_->data() : device_bias_.data();
  args.epilogue.bias = device_bias_.data<float>();
  args.epilogue.activation = layer_.activation;
  args.epilogue.slope = kSlope;
  args.epilogue.slopes = device_slopes_.data<float>();
  args.epilogue.residual_count = layer_.residuals;
  for (int i = 0; i < layer_.residuals; i++) {
    args.epilogue.residuals[i] = {maps.residuals[static_cast<size_t>(i)]->map(), kResidualScale,
                                  1.0f};
  }
  args.last_row = output_height();
  return args;
}

bool LayerProblem::choose(const MeasuredKernel& kernel, int capability) {
  if (kernel.is_pair != (layer_.middle_channels > 0) ||
      !kernel.supports(args(0), layer_, capability))
    return false;
  kernel_ = &kernel;
  packed_ = kernel.pack(layer_, weights_);
  return !packed_.empty();
}

CudaError LayerProblem::upload_weights() {
  device_weights_ = std::make_unique<DeviceMemory>();
  return device_weights_->upload(packed_);
}

CudaError LayerProblem::launch(int set, int64_t first_row, int64_t last_row, Stream stream) const {
  ConvolutionArgs call = args(set);
  call.first_row = first_row;
  call.last_row = last_row;
  return kernel_->launch(call, layer_, stream);
}

const std::vector<double>& LayerProblem::middle(int64_t row, int64_t column) const {
  std::vector<double>& values = middle_[{row, column}];
  if (!values.empty()) return values;
  values.resize(static_cast<size_t>(layer_.middle_channels));
  if (row < 0 || row >= height_ || column < 0 || column >= width_) return values;
  constexpr int64_t kSide = 3;
  const float* weight = weights_.data();
  const int64_t first_bias = planes_of(layer_.out_channels) * kPlaneChannels;
  for (int64_t k = 0; k < layer_.middle_channels; k++) {
    double sum = bias_[static_cast<size_t>(first_bias + k)];
    for (int64_t c = 0; c < layer_.in_channels; c++) {
      for (int64_t u = 0; u < kSide; u++) {
        for (int64_t v = 0; v < kSide; v++)
          sum += double{*weight++} * maps_[0].input->at(row + u - 1, column + v - 1, c);
      }
    }
    const auto value = static_cast<float>(activated(sum, EpilogueActivation::kLeakyRelu, k));
    values[static_cast<size_t>(k)] =
        from_16_bits(layer_.type, round_to_16_bits(layer_.type, value));
  }
  return values;
}

double LayerProblem::activated(double value, EpilogueActivation activation, int64_t channel) const {
  if (value >= 0 || activation == EpilogueActivation::kNone) return value;
  return value * double{activation == EpilogueActivation::kPrelu
                            ? slopes_[static_cast<size_t>(channel)]
                            : kSlope};
}

double LayerProblem::expected(int64_t row, int64_t column, int64_t channel) const {
  const LayerMaps& maps = maps_[0];
  int64_t phase = 0, top = 0, left = 0, side = layer_.kernel;
  if (layer_.upsample) {
    // y[2a + s, 2b + t] = sum over u, v in {0, 1} of w[2s + t, u, v] x[a + u - 1 + s, b + v - 1 +
    // t]
    const int64_t s = row % 2;
    const int64_t t = column % 2;
    phase = 2 * s + t;
    top = row / 2 - 1 + s;
    left = column / 2 - 1 + t;
    side = 2;
  } else {
    top = row - side / 2;
    left = column - side / 2;
  }
  double sum = bias_[static_cast<size_t>(channel)];
  const bool is_pair = layer_.middle_channels > 0;
  const int64_t first =
      layer_.first_weights() + (phase * layer_.out_channels + channel) * layer_.last_weights();
  for (int64_t c = 0; c < layer_.last_in_channels(); c++) {
    for (int64_t u = 0; u < side; u++) {
      for (int64_t v = 0; v < side; v++) {
        const float weight = weights_[static_cast<size_t>(first + (c * side + u) * side + v)];
        sum += double{weight} * (is_pair ? middle(top + u, left + v)[static_cast<size_t>(c)]
                                         : maps.input->at(top + u, left + v, c));
      }
    }
  }
  sum = activated(sum, layer_.activation, channel);
  for (const auto& residual : maps.residuals)
    sum = double{kResidualScale} * sum + residual->at(row, column, channel);
  return sum;
}

int64_t LayerProblem::bytes() const {
  const int64_t out_pixels = output_height() * output_width();
  int64_t planes = height_ * width_ * planes_of(layer_.in_channels);
  planes += out_pixels * planes_of(layer_.out_channels) * (1 + layer_.residuals);
  return planes * kPlaneChannels * element_bytes(layer_.type);
}

}  // namespace fovea::cuda
