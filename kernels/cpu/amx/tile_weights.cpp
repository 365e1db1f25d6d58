#include "kernels/cpu/amx/tile_weights.h"

#include "engine/rounding.h"
#include "kernels/cpu/packed_weights.h"

namespace fovea::cpu {

TileWeights::TileWeights(const TileKernels& kernels, const ops::ConvolutionOp& op,
                         const std::vector<int64_t>& groups, int64_t planes)
    : out_channels_(op.out_channels) {
  for (const int64_t channels : groups) in_channels_ += round_up(channels, kTileChannels);
  const int64_t taps = op.kernel_h * op.kernel_w;
  packed_.resize(
      static_cast<size_t>(padded_channels(out_channels_) * taps * in_channels_ * planes));
  TilePackArgs args{};
  args.weights = op.weight.data();
  args.out_channels = op.out_channels;
  args.in_channels = op.in_channels;
  args.taps = taps;
  args.chunks = in_channels_ / kTileChannels;
  args.planes = planes;
  args.packed = packed_.data();
  for (const int64_t channels : groups) {
    args.channels = channels;
    kernels.pack(args);
    args.first_channel += channels;
    args.first_chunk += ceil_divide(channels, kTileChannels);
  }
}

}  // namespace fovea::cpu
