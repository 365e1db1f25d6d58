#include "kernels/cuda/pack_conv_mma.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "kernels/cuda/rounding16.h"

namespace fovea::cuda {
namespace {

constexpr int32_t kUpsampleKernel = 2;
constexpr int64_t kPhases = 4;

// The blocks of outputs that conv_mma.cu has a tile for.
std::span<const int32_t> block_choices(int kernel, bool single_plane) {
  static constexpr int32_t k3x3[] = {64, 48, 32, 8};
  static constexpr int32_t k5x5[] = {64, 32, 8};
  static constexpr int32_t kWide[] = {64, 32};
  static constexpr int32_t k9x9[] = {32, 8};
  switch (kernel) {
    case 1:
    case kUpsampleKernel:
      return kWide;
    case 3:
      return single_plane ? std::span<const int32_t>(k3x3, 1) : k3x3;
    case 5:
      return k5x5;
    case 9:
      return k9x9;
    default:
      return {};
  }
}

// Writes one phase's weights (out, in, kernel, kernel) to `packed`.
void pack_phase(ElementType type, std::span<const float> weight, const ConvMmaLayout& layout,
                int64_t in_channels, int64_t out_channels, uint16_t* packed) {
  const int64_t kernel = layout.kernel;
  const bool paired = layout.chunk_planes == 1;
  for (int64_t k = 0; k < out_channels; ++k) {
    for (int64_t c = 0; c < in_channels; ++c) {
      const int64_t plane = c / kPlaneChannels;
      const int64_t chunk = plane / layout.chunk_planes;
      for (int64_t u = 0; u < kernel; ++u) {
        for (int64_t v = 0; v < kernel; ++v) {
          const int64_t step = paired ? v / 2 : v;
          const int64_t half = paired ? v % 2 : plane % 2;
          int64_t place = k / layout.block_outputs;
          place = place * layout.chunks + chunk;
          place = place * layout.column_steps + step;
          place = place * kernel + u;
          place = place * 2 + half;
          place = place * layout.block_outputs + k % layout.block_outputs;
          place = place * kPlaneChannels + c % kPlaneChannels;
          packed[place] = round_to_16_bits(
              type, weight[static_cast<size_t>(((k * in_channels + c) * kernel + u) * kernel + v)]);
        }
      }
    }
  }
}

std::vector<uint8_t> pack(ElementType type, const std::vector<float>& weight,
                          const ConvMmaLayout& layout, int64_t phases, int64_t in_channels,
                          int64_t out_channels) {
  const int64_t phase_values = layout.blocks * layout.block_values();
  std::vector<uint16_t> packed(static_cast<size_t>(phases * phase_values), 0);
  const size_t count = weight.size() / static_cast<size_t>(phases);
  for (int64_t phase = 0; phase < phases; ++phase) {
    pack_phase(type, std::span(weight).subspan(static_cast<size_t>(phase) * count, count), layout,
               in_channels, out_channels, packed.data() + phase * phase_values);
  }
  std::vector<uint8_t> bytes(packed.size() * sizeof(uint16_t));
  std::memcpy(bytes.data(), packed.data(), bytes.size());
  return bytes;
}

}  // namespace

ConvMmaLayout conv_mma_layout(int kernel, int64_t in_channels, int64_t out_channels) {
  const int64_t planes = planes_of(in_channels);
  ConvMmaLayout layout;
  layout.kernel = kernel;
  // 9x9 always: two planes of its 8 halo rows and columns would not fit shared memory twice.
  layout.chunk_planes = kernel == 9 || (kernel == 3 && planes == 1) ? 1 : 2;
  layout.column_steps = layout.chunk_planes == 1 ? (kernel + 1) / 2 : kernel;
  layout.chunks = static_cast<int32_t>((planes + layout.chunk_planes - 1) / layout.chunk_planes);
  int64_t best = 0;
  for (const int32_t outputs : block_choices(kernel, layout.chunk_planes == 1)) {
    // A block's work: its outputs, and reading the pixels, which costs about as much as 16 outputs.
    const int64_t blocks = (out_channels + outputs - 1) / outputs;
    const int64_t cost = blocks * (outputs + 16);
    if (layout.block_outputs != 0 && cost >= best) continue;
    best = cost;
    layout.block_outputs = outputs;
    layout.blocks = static_cast<int32_t>(blocks);
  }
  return layout;
}

std::vector<uint8_t> pack_conv_mma(ElementType type, const std::vector<float>& weight, int kernel,
                                   int64_t in_channels, int64_t out_channels) {
  return pack(type, weight, conv_mma_layout(kernel, in_channels, out_channels), 1, in_channels,
              out_channels);
}

std::vector<uint8_t> pack_upsample_mma(ElementType type, const std::vector<float>& weight,
                                       int64_t in_channels, int64_t out_channels) {
  return pack(type, weight, conv_mma_layout(kUpsampleKernel, in_channels, out_channels), kPhases,
              in_channels, out_channels);
}

}  // namespace fovea::cuda
