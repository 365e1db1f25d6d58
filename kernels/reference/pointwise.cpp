// Operators that read one pixel to write one pixel.
#include <algorithm>
#include <cmath>

#include "kernels/reference/reference.h"

namespace fovea::reference {
namespace {

// Calls visit(y, x) for every pixel of rows `rows`.
template <class Visit>
void for_each_pixel(const TensorView& output, RowRange rows, Visit visit) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x) visit(y, x);
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
  for_each_pixel(output, rows, [&](int64_t y, int64_t x) {
    for (int64_t c = 0; c < output.channels; ++c)
      output.at(y, x)[c] = apply(op, input.at(y, x)[c], c);
  });
}

void add(std::span<const float> scales, std::span<const ConstTensorView> inputs, TensorView output,
         RowRange rows) {
  for_each_pixel(output, rows, [&](int64_t y, int64_t x) {
    for (int64_t c = 0; c < output.channels; ++c) {
      float sum = scales[0] * inputs[0].at(y, x)[c];
      for (size_t n = 1; n < inputs.size(); ++n) sum += scales[n] * inputs[n].at(y, x)[c];
      output.at(y, x)[c] = sum;
    }
  });
}

void multiply(ConstTensorView a, ConstTensorView b, TensorView output, RowRange rows) {
  for_each_pixel(output, rows, [&](int64_t y, int64_t x) {
    for (int64_t c = 0; c < output.channels; ++c)
      output.at(y, x)[c] = a.at(y, x)[c] * b.at(y, x)[c];
  });
}

void concat(std::span<const ConstTensorView> inputs, TensorView output, RowRange rows) {
  int64_t first = 0;
  for (const ConstTensorView& input : inputs) {
    const TensorView place = output.channel_slice(first, input.channels);
    first += input.channels;
    // passes/place_concat lets most inputs be written where they belong from the start.
    if (place.data == input.data) continue;
    for_each_pixel(place, rows, [&](int64_t y, int64_t x) {
      std::copy_n(input.at(y, x), input.channels, place.at(y, x));
    });
  }
}

void slice(int64_t begin, ConstTensorView input, TensorView output, RowRange rows) {
  for_each_pixel(output, rows, [&](int64_t y, int64_t x) {
    std::copy_n(input.at(y, x) + begin, output.channels, output.at(y, x));
  });
}

void affine(const ops::AffineOp& op, ConstTensorView input, TensorView output, RowRange rows) {
  for_each_pixel(output, rows, [&](int64_t y, int64_t x) {
    for (int64_t c = 0; c < output.channels; ++c)
      output.at(y, x)[c] =
          op.weight[static_cast<size_t>(c)] * input.at(y, x)[c] + op.bias[static_cast<size_t>(c)];
  });
}

void clamp(const Clamp& op, ConstTensorView input, TensorView output, RowRange rows) {
  for_each_pixel(output, rows, [&](int64_t y, int64_t x) {
    for (int64_t c = 0; c < output.channels; ++c) {
      // std::clamp keeps a NaN, as PyTorch's clamp does: it must reach the check, not turn into a
      // number.
      output.at(y, x)[c] = std::clamp(input.at(y, x)[c], op.low, op.high);
    }
  });
}

}  // namespace fovea::reference
