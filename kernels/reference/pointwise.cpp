// Operators that read one pixel to write one pixel.
#include <algorithm>
#include <cmath>

#include "kernels/reference/reference.h"

namespace fovea::reference {
namespace {

// Calls visit(in, out) with each pixel of rows `rows` of both maps; an input of one pixel stands
// for all.
template <class Visit>
void for_each_pixel(const ConstTensorView& input, const TensorView& output, RowRange rows,
                    Visit visit) {
  const int64_t step = input.size() == Size{1, 1} ? 0 : input.pixel_stride;
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const float* in = input.row(step == 0 ? 0 : y);
    float* out = output.row(y);
    for (int64_t x = 0; x < output.width; ++x, in += step, out += output.pixel_stride)
      visit(in, out);
  }
}

float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

}  // namespace

float apply(const ops::ActivationOp& op, float x, int64_t c) {
  switch (op.kind) {
    case ActivationKind::kNone:
      return x;
    case ActivationKind::kRelu:
      return x < 0.0f ? 0.0f : x;
    case ActivationKind::kLeakyRelu:
      return x < 0.0f ? x * op.negative_slope : x;
    case ActivationKind::kPrelu:
      return x < 0.0f ? x * op.slopes[static_cast<size_t>(c)] : x;
    case ActivationKind::kSigmoid:
      return sigmoid(x);
    case ActivationKind::kSilu:
      return x * sigmoid(x);
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kGelu:
      return 0.5f * x * (1.0f + std::erf(x * 0.70710678f));
    case ActivationKind::kMish:
      // log(1 + e^x) is x itself, to f32, above 20; e^x would overflow above 88.
      return x * std::tanh(x > 20.0f ? x : std::log1p(std::exp(x)));
    case ActivationKind::kHardSwish:
      return x * std::min(std::max(x + 3.0f, 0.0f), 6.0f) / 6.0f;
  }
  return x;
}

void activate(const ops::ActivationOp& op, ConstTensorView input, TensorView output,
              RowRange rows) {
  for_each_pixel(input, output, rows, [&](const float* in, float* out) {
    for (int64_t c = 0; c < output.channels; ++c) out[c] = apply(op, in[c], c);
  });
}

void add(std::span<const float> scales, std::span<const ConstTensorView> inputs, TensorView output,
         RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for_each_pixel(inputs[0], output, {y, y + 1}, [&](const float* in, float* out) {
      for (int64_t c = 0; c < output.channels; ++c) out[c] = scales[0] * in[c];
    });
    for (size_t n = 1; n < inputs.size(); ++n) {
      for_each_pixel(inputs[n], output, {y, y + 1}, [&](const float* in, float* out) {
        for (int64_t c = 0; c < output.channels; ++c) out[c] += scales[n] * in[c];
      });
    }
  }
}

void multiply(ConstTensorView a, ConstTensorView b, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    slice(0, a, output, {y, y + 1});
    for_each_pixel(b, output, {y, y + 1}, [&](const float* in, float* out) {
      for (int64_t c = 0; c < output.channels; ++c) out[c] *= in[c];
    });
  }
}

void concat(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows) {
  int64_t first = 0;
  for (const ConstTensorView& input : inputs) {
    const TensorView place = output.channel_slice(first, input.channels);
    first += input.channels;
    // passes/place_concat lets most inputs be written where they belong from the start.
    if (place.data != input.data) slice(0, input, place, rows);
  }
}

void slice(int64_t begin, ConstTensorView input, TensorView output, RowRange rows) {
  for_each_pixel(input, output, rows, [&](const float* in, float* out) {
    std::copy_n(in + begin, output.channels, out);
  });
}

void affine(const ops::AffineOp& op, ConstTensorView input, TensorView output, RowRange rows) {
  for_each_pixel(input, output, rows, [&](const float* in, float* out) {
    for (int64_t c = 0; c < output.channels; ++c)
      out[c] = op.weight[static_cast<size_t>(c)] * in[c] + op.bias[static_cast<size_t>(c)];
  });
}

void clamp(const Clamp& op, ConstTensorView input, TensorView output, RowRange rows) {
  for_each_pixel(input, output, rows, [&](const float* in, float* out) {
    // std::clamp keeps a NaN, as PyTorch's clamp does: it must reach the check, not turn into a
    // number.
    for (int64_t c = 0; c < output.channels; ++c) out[c] = std::clamp(in[c], op.low, op.high);
  });
}

}  // namespace fovea::reference
