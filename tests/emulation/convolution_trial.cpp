#include "tests/emulation/convolution_trial.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tests/compare.h"
#include "tests/emulation/device_copy.h"
#include "tests/emulation/operator_run.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

// Slopes and scales that no shortcut hits: not 0, 1 or each other.
constexpr float kSlope = 0.2f;
constexpr float kScales[] = {0.2f, 0.7f};
constexpr float kResidualScales[] = {1.0f, 0.3f};
// A residual may be a slice of a buffer, with other channels where the output has zeros.
constexpr float kResidualPadding = 3.0f;

std::vector<float> padded_normals(RandomValues& random, int64_t count, float deviation) {
  std::vector<float> values = random.normals(count, deviation);
  values.resize(static_cast<size_t>(cuda::planes_of(count) * cuda::kPlaneChannels), 0.0f);
  return values;
}

}  // namespace

ConvolutionTrial::ConvolutionTrial(const ConvolutionShape& shape, Size input,
                                   cuda::ElementType type, const TrialEpilogue& epilogue,
                                   uint32_t seed)
    : shape_(shape), type_(type), epilogue_(epilogue), seed_(seed) {
  RandomValues random(seed);
  input_ = rounded_to(type, random.map(input, shape.in_channels));
  const int64_t terms = shape.in_channels / shape.groups * shape.kernel_h * shape.kernel_w;
  const int64_t phases = shape.upsample ? 4 : 1;
  // He et al. 2015: values stay about as large as the input's.
  weight_ = random.normals(phases * shape.out_channels * terms,
                           std::sqrt(1.0f / static_cast<float>(terms)));
  for (float& value : weight_) value = rounded_to(type, value);
  bias_ = padded_normals(random, shape.out_channels, 0.5f);
  slopes_ = padded_normals(random, shape.out_channels, 0.3f);
  for (int i = 0; i < epilogue.residuals; ++i)
    residuals_.push_back(rounded_to(type, random.map(output_size(), shape.out_channels)));
}

std::string ConvolutionTrial::name() const {
  return fmt::format("{}x{} {}->{} groups {}{}, {}x{}, {}, activation {}, {} residuals, seed {}",
                     shape_.kernel_h, shape_.kernel_w, shape_.in_channels, shape_.out_channels,
                     shape_.groups, shape_.upsample ? " upsample" : "", input_.view().height,
                     input_.view().width, type_name(type_), static_cast<int>(epilogue_.activation),
                     epilogue_.residuals, seed_);
}

Size ConvolutionTrial::output_size() const {
  const int64_t scale = shape_.upsample ? 2 : 1;
  return {scale * input_.view().height, scale * input_.view().width};
}

RowRange ConvolutionTrial::rows_needed(RowRange rows) const {
  const int64_t scale = shape_.upsample ? 2 : 1;
  // Output row 2a + s of an upsample convolution reads a + s - 1 and a + s.
  const int64_t above = shape_.upsample ? 1 - rows.begin % 2 : shape_.kernel_h / 2;
  const int64_t below = shape_.upsample ? (rows.end - 1) % 2 : shape_.kernel_h / 2;
  return {std::max<int64_t>(rows.begin / scale - above, 0),
          std::min((rows.end - 1) / scale + below + 1, input_.view().height)};
}

std::vector<MapBuffer> ConvolutionTrial::residual_buffers(RowRange rows, int64_t ring_rows) const {
  std::vector<MapBuffer> buffers;
  for (const Tensor& residual : residuals_) {
    buffers.emplace_back(type_, output_size(), shape_.out_channels, ring_rows);
    buffers.back().write(residual, rows, kResidualPadding);
  }
  return buffers;
}

void ConvolutionTrial::run(const Launch& launch, const cuda::DeviceMap& input,
                           const cuda::DeviceMap& output, const std::vector<MapBuffer>& residuals,
                           RowRange rows) const {
  const DeviceCopy<float> bias(bias_);
  const DeviceCopy<float> slopes(slopes_);
  cuda::ConvolutionArgs args;
  args.input = input;
  args.output = output;
  args.epilogue.bias = bias.data();
  args.epilogue.activation = epilogue_.activation;
  args.epilogue.slope = kSlope;
  args.epilogue.slopes = slopes.data();
  args.epilogue.residual_count = epilogue_.residuals;
  for (int i = 0; i < epilogue_.residuals; ++i) {
    args.epilogue.residuals[i].map = residuals[static_cast<size_t>(i)].map();
    args.epilogue.residuals[i].scale = kScales[i];
    args.epilogue.residuals[i].residual_scale = kResidualScales[i];
  }
  args.first_row = rows.begin;
  args.last_row = rows.end;
  EXPECT_EQ(launch(args), 0) << name();
  EXPECT_EQ(kernel_faults(), "") << name();
}

Tensor ConvolutionTrial::run_whole(const Launch& launch) const {
  MapBuffer input(type_, input_.view().size(), shape_.in_channels);
  input.write(input_);
  MapBuffer output(type_, output_size(), shape_.out_channels);
  const RowRange all{0, output_size().height};
  run(launch, input.map(), output.map(), residual_buffers(all, 0), all);
  EXPECT_TRUE(output.is_written_only_in(all)) << name();
  return output.read();
}

void ConvolutionTrial::expect_same_in_pieces(const Launch& launch, const Tensor& whole,
                                             int64_t rows) const {
  MapBuffer input(type_, input_.view().size(), shape_.in_channels);
  input.write(input_);
  MapBuffer output(type_, output_size(), shape_.out_channels);
  const RowRange all{0, output_size().height};
  const std::vector<MapBuffer> residuals = residual_buffers(all, 0);
  for (int64_t y = 0; y < all.end; y += rows) {
    const RowRange piece{y, std::min(y + rows, all.end)};
    run(launch, input.map(), output.map(), residuals, piece);
    EXPECT_TRUE(output.is_written_only_in({0, piece.end})) << name();
  }
  EXPECT_TRUE(same_bits(whole.view(), output.read().view())) << name();
}

void ConvolutionTrial::expect_same_in_rings(const Launch& launch, const Tensor& whole,
                                            int64_t rows) const {
  Tensor gathered(output_size(), shape_.out_channels);
  for (int64_t y = 0; y < output_size().height; y += rows) {
    const RowRange piece{y, std::min(y + rows, output_size().height)};
    const RowRange needed = rows_needed(piece);
    MapBuffer input(type_, input_.view().size(), shape_.in_channels, needed.size());
    input.write(input_, needed);
    MapBuffer output(type_, output_size(), shape_.out_channels, piece.size());
    run(launch, input.map(), output.map(), residual_buffers(piece, piece.size()), piece);
    EXPECT_TRUE(output.is_written_only_in(piece)) << name();
    const Tensor values = output.read(piece);
    for (int64_t row = piece.begin; row < piece.end; ++row) {
      const float* from = values.view().row(row);
      std::copy_n(from, values.view().row_stride, gathered.view().row(row));
    }
  }
  EXPECT_TRUE(same_bits(whole.view(), gathered.view())) << name();
}

void ConvolutionTrial::expect_same_in_place(const Launch& launch, const Tensor& whole) const {
  const int64_t in_planes = cuda::planes_of(shape_.in_channels);
  const int64_t out_planes = cuda::planes_of(shape_.out_channels);
  const int64_t channels = (in_planes + out_planes) * cuda::kPlaneChannels;
  MapBuffer dense(type_, input_.view().size(), channels);
  // The input's channels, and a NaN wherever the kernel must write.
  Tensor values(input_.view().size(), channels);
  std::ranges::fill(values.values(), std::nanf(""));
  for (int64_t y = 0; y < input_.view().height; ++y) {
    for (int64_t x = 0; x < input_.view().width; ++x) {
      float* pixel = values.view().at(y, x);
      std::fill_n(pixel, in_planes * cuda::kPlaneChannels, 0.0f);
      std::copy_n(input_.view().at(y, x), shape_.in_channels, pixel);
    }
  }
  dense.write(values);
  const RowRange all{0, output_size().height};
  run(launch, dense.map().slice(0, shape_.in_channels),
      dense.map().slice(in_planes * cuda::kPlaneChannels, shape_.out_channels),
      residual_buffers(all, 0), all);
  const Tensor result = dense.read();
  const int64_t first = in_planes * cuda::kPlaneChannels;
  EXPECT_TRUE(same_bits(whole.view(), result.view().channel_slice(first, shape_.out_channels)))
      << name();
  EXPECT_TRUE(same_bits(input_.view(), result.view().channel_slice(0, shape_.in_channels)))
      << name();
}

std::vector<double> ConvolutionTrial::expected() const {
  const Size size = output_size();
  const ConstTensorView x = input_.view();
  const int64_t group_in = shape_.in_channels / shape_.groups;
  const int64_t group_out = shape_.out_channels / shape_.groups;
  const int64_t taps = shape_.kernel_h * shape_.kernel_w;
  std::vector<double> values(static_cast<size_t>(size.area() * shape_.out_channels));
  for (int64_t i = 0; i < size.height; ++i) {
    for (int64_t j = 0; j < size.width; ++j) {
      double* pixel = values.data() + (i * size.width + j) * shape_.out_channels;
      // The formulas of kernels/ops.h.
      const int64_t phase = shape_.upsample ? 2 * (i % 2) + j % 2 : 0;
      const int64_t first_row = shape_.upsample ? i / 2 - 1 + i % 2 : i - shape_.kernel_h / 2;
      const int64_t first_column = shape_.upsample ? j / 2 - 1 + j % 2 : j - shape_.kernel_w / 2;
      for (int64_t k = 0; k < shape_.out_channels; ++k) {
        const float* w = weight_.data() + (phase * shape_.out_channels + k) * group_in * taps;
        double sum = bias_[static_cast<size_t>(k)];
        for (int64_t u = 0; u < shape_.kernel_h; ++u) {
          for (int64_t v = 0; v < shape_.kernel_w; ++v) {
            const int64_t row = first_row + u;
            const int64_t column = first_column + v;
            if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
            const float* in = x.at(row, column) + k / group_out * group_in;
            for (int64_t c = 0; c < group_in; ++c)
              sum += double{in[c]} * double{w[c * taps + u * shape_.kernel_w + v]};
          }
        }
        if (epilogue_.activation == cuda::EpilogueActivation::kLeakyRelu && sum < 0) sum *= kSlope;
        if (epilogue_.activation == cuda::EpilogueActivation::kPrelu && sum < 0)
          sum *= double{slopes_[static_cast<size_t>(k)]};
        for (size_t r = 0; r < residuals_.size(); ++r)
          sum = double{kScales[r]} * sum +
                double{kResidualScales[r]} * double{residuals_[r].view().at(i, j)[k]};
        pixel[k] = sum;
      }
    }
  }
  return values;
}

::testing::AssertionResult ConvolutionTrial::is_accurate(const std::vector<double>& expected,
                                                         const Tensor& actual) const {
  const int64_t pixels = output_size().area();
  double error = 0.0;
  double rounding = 0.0;
  double total = 0.0;
  for (int64_t p = 0; p < pixels; ++p) {
    for (int64_t k = 0; k < shape_.out_channels; ++k) {
      const double value = expected[static_cast<size_t>(p * shape_.out_channels + k)];
      const ConstTensorView view = actual.view();
      const double got = double{view.at(p / view.width, p % view.width)[k]};
      const double rounded = double{rounded_to(type_, static_cast<float>(value))};
      error += (got - value) * (got - value);
      rounding += (rounded - value) * (rounded - value);
      total += value * value;
    }
  }
  error = std::sqrt(error / total);
  rounding = std::sqrt(rounding / total);
  // Roundings are spread over [-u, u] u being the type's unit, and values over a binade: 0.4 u in
  // the mean. A few values may all lie luckier than that, hence the floor. In f32 the sums' own
  // roundings, one a term, are of that size each.
  const double unit = rounding_unit(type_);
  const int64_t terms = shape_.in_channels / shape_.groups * shape_.kernel_h * shape_.kernel_w;
  const double tolerance = type_ == cuda::ElementType::kF32 ? unit * static_cast<double>(terms + 8)
                                                            : 2.0 * std::max(rounding, 0.4 * unit);
  if (error <= tolerance) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << name() << ": relative error " << error << ", tolerance " << tolerance;
}

}  // namespace fovea::test
