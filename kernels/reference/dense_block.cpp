// A dense block as the convolutions it is made of, on a buffer that they grow.
#include <algorithm>

#include "kernels/reference/reference.h"

namespace fovea::reference {

DenseBlockKernel::DenseBlockKernel(std::vector<ops::ConvolutionOp> convolutions)
    : in_channels_(convolutions.front().in_channels) {
  for (ops::ConvolutionOp& convolution : convolutions) {
    padding_ += convolution.kernel_h / 2;
    kernels_.emplace_back(std::move(convolution));
  }
}

template <class Accumulator>
void DenseBlockKernel::run(std::span<const ConstTensorView> inputs, TensorView output,
                           RowRange rows) const {
  const ConstTensorView& input = inputs[0];
  int64_t channels = in_channels_;
  for (size_t n = 0; n + 1 < kernels_.size(); ++n) channels += kernels_[n].out_channels();

  const auto around = [&](int64_t padding) {
    return RowRange{std::max<int64_t>(rows.begin - padding, 0),
                    std::min(rows.end + padding, input.height)};
  };
  const int64_t ring_rows = around(padding_).size();
  std::vector<float> values(static_cast<size_t>(ring_rows * input.width * channels));
  const TensorView grown{values.data(), input.height,           input.width, channels,
                         channels,      input.width * channels, ring_rows};
  slice(0, input, grown.channel_slice(0, in_channels_), around(padding_));

  int64_t filled = in_channels_;
  int64_t padding = padding_;
  for (size_t n = 0; n + 1 < kernels_.size(); ++n) {
    padding -= kernels_[n].padding();
    const std::vector<ConstTensorView> seen{grown.channel_slice(0, filled)};
    const TensorView added = grown.channel_slice(filled, kernels_[n].out_channels());
    kernels_[n].run<Accumulator>(seen, added, around(padding));
    filled += kernels_[n].out_channels();
  }
  std::vector<ConstTensorView> last(inputs.begin(), inputs.end());
  last[0] = grown;
  kernels_.back().run<Accumulator>(last, output, rows);
}

template void DenseBlockKernel::run<float>(std::span<const ConstTensorView>, TensorView,
                                           RowRange) const;
template void DenseBlockKernel::run<double>(std::span<const ConstTensorView>, TensorView,
                                            RowRange) const;

}  // namespace fovea::reference
