// A convolution, the pixel shuffle of its result, and the enlarged base, as the operators it stands
// for, one after the other: the same bits as theirs.
#include <algorithm>

#include "engine/rounding.h"
#include "kernels/reference/reference.h"

namespace fovea::reference {

template <class Accumulator>
void shuffle_convolution(const ConvolutionKernel& kernel, int64_t factor,
                         std::span<const ConstTensorView> inputs, TensorView output,
                         RowRange rows) {
  const ConstTensorView& input = inputs[0];
  const RowRange small{rows.begin / factor, ceil_divide(rows.end, factor)};
  const int64_t channels = kernel.out_channels();
  std::vector<float> values(static_cast<size_t>(small.size() * input.width * channels));
  const TensorView sums{values.data(), input.height,           input.width, channels,
                        channels,      input.width * channels, small.size()};
  kernel.run<Accumulator>(inputs.first(1), sums, small);
  pixel_shuffle(factor, sums, output, rows);
  if (inputs.size() == 1) return;

  std::vector<float> enlarged(static_cast<size_t>(rows.size() * output.width * output.channels));
  const TensorView base{enlarged.data(), output.height,   output.width,
                        output.channels, output.channels, output.width * output.channels,
                        rows.size()};
  resize({ResizeFilter::kNearest, {factor, 1}}, inputs[1], base, rows);
  add(std::vector<float>{1.0f, 1.0f}, std::vector<ConstTensorView>{output, base}, output, rows);
}

template void shuffle_convolution<float>(const ConvolutionKernel&, int64_t,
                                         std::span<const ConstTensorView>, TensorView, RowRange);
template void shuffle_convolution<double>(const ConvolutionKernel&, int64_t,
                                          std::span<const ConstTensorView>, TensorView, RowRange);

}  // namespace fovea::reference
