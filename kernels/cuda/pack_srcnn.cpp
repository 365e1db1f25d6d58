#include <cstring>
#include <functional>

#include "kernels/cuda/rounding16.h"
#include "kernels/cuda/srcnn.h"
#include "kernels/cuda/srcnn_layout.h"

namespace fovea::cuda {
namespace {

// weight(k, n) of K = 16 `steps` rows and N = 8 `tiles` columns as fragments, step by step:
// register i of lane 4g + t holds rows 8i + 2t and 8i + 2t + 1 of column g.
void append_fragments(std::vector<uint32_t>& words, ElementType type, int steps, int tiles,
                      const std::function<float(int k, int n)>& weight) {
  for (int step = 0; step < steps; ++step) {
    for (int tile = 0; tile < tiles; ++tile) {
      for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 2; ++i) {
          const int k = 16 * step + 8 * i + 2 * (lane % 4);
          const int n = 8 * tile + lane / 4;
          const uint32_t low = round_to_16_bits(type, weight(k, n));
          const uint32_t high = round_to_16_bits(type, weight(k + 1, n));
          words.push_back(low | high << 16);
        }
      }
    }
  }
}

float at(std::span<const float> values, int index) { return values[static_cast<size_t>(index)]; }

}  // namespace

std::vector<uint8_t> pack_srcnn(ElementType type, const SrcnnWeights& weights) {
  std::vector<uint32_t> words;
  append_fragments(words, type, srcnn::kSteps1, srcnn::kTiles1, [&](int k, int n) {
    const int ky = k < 72 ? k / 8 : k - 72;
    const int kx = k < 72 ? k % 8 : 8;
    return at(weights.weight1, (n * 9 + ky) * 9 + kx);
  });
  append_fragments(words, type, srcnn::kSteps2, srcnn::kTiles2,
                   [&](int k, int n) { return at(weights.weight2, n * 64 + k); });
  append_fragments(words, type, srcnn::kSteps3, srcnn::kTiles3, [&](int k, int n) {
    return n < srcnn::kTaps3 ? at(weights.weight3, k * srcnn::kTaps3 + n) : 0.0f;
  });
  const auto append = [&](float value) { words.push_back(float_bits(value)); };
  for (const float bias : weights.bias1) append(bias);
  for (int n = 0; n < 8 * srcnn::kTiles1; ++n) {
    // Rounded as its fellow taps are.
    append(from_16_bits(type, round_to_16_bits(type, at(weights.weight1, n * 81 + 80))));
  }
  for (const float bias : weights.bias2) append(bias);
  append(weights.bias3[0]);
  std::vector<uint8_t> bytes(words.size() * sizeof(uint32_t));
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

}  // namespace fovea::cuda
