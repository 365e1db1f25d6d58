#include "tests/emulation/launch_operator.h"

#include <memory>

#include "kernels/cuda/copy_channels.h"
#include "kernels/cuda/cuda_operator_steps.h"
#include "kernels/cuda/pixel_shuffle.h"
#include "kernels/cuda/pointwise.h"
#include "kernels/cuda/resize_map.h"
#include "kernels/cuda/resize_taps_table.h"
#include "kernels/ops.h"

namespace fovea::test {
namespace {

using cuda::CudaError;
using cuda::DeviceMap;
using Inputs = std::span<const DeviceMap>;

// Values as device code wants parameters: aligned, filled up to whole planes.
std::shared_ptr<const AlignedFloats> padded(const std::vector<float>& values) {
  AlignedFloats filled(values.begin(), values.end());
  filled.resize(static_cast<size_t>(cuda::planes_of(static_cast<int64_t>(values.size())) *
                                    cuda::kPlaneChannels));
  return std::make_shared<const AlignedFloats>(std::move(filled));
}

struct MakeLaunch {
  using Launch = decltype(OperatorRun::launch);

  const Graph& graph;
  const Node& node;
  std::vector<Size> sizes;
  Size output_size;

  int64_t channels() const { return graph.value(node.output).channels; }

  Launch operator()(const Activate& op) const {
    const auto resolved = *ops::resolve(graph, op.activation, channels());
    return [resolved, slopes = padded(resolved.slopes)](Inputs inputs, const DeviceMap& output,
                                                        RowRange rows) {
      return cuda::launch_activate({inputs[0], output, resolved.kind, resolved.negative_slope,
                                    slopes->data(), rows.begin, rows.end},
                                   nullptr);
    };
  }

  Launch operator()(const Add& op) const {
    return [op](Inputs inputs, const DeviceMap& output, RowRange rows) {
      cuda::AddArgs args;
      args.input_count = static_cast<int32_t>(inputs.size());
      for (size_t n = 0; n < inputs.size(); ++n) {
        args.inputs[n] = inputs[n];
        args.scales[n] = op.scales[n];
      }
      args.output = output;
      args.first_row = rows.begin;
      args.last_row = rows.end;
      return cuda::launch_add(args, nullptr);
    };
  }

  Launch operator()(const Multiply&) const {
    return [](Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_multiply({inputs[0], inputs[1], output, rows.begin, rows.end}, nullptr);
    };
  }

  Launch operator()(const Affine& op) const {
    const auto resolved = *ops::resolve(graph, op, channels());
    return [weight = padded(resolved.weight), bias = padded(resolved.bias),
            has_weight = op.weight != kNoParameter, has_bias = op.bias != kNoParameter](
               Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_affine({inputs[0], output, has_weight ? weight->data() : nullptr,
                                  has_bias ? bias->data() : nullptr, rows.begin, rows.end},
                                 nullptr);
    };
  }

  Launch operator()(const Clamp& op) const {
    return [op](Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_clamp({inputs[0], output, op.low, op.high, rows.begin, rows.end},
                                nullptr);
    };
  }

  Launch operator()(const Concat&) const {
    return [](Inputs inputs, const DeviceMap& output, RowRange rows) {
      int64_t channel = 0;
      for (const DeviceMap& input : inputs) {
        const CudaError error = cuda::launch_copy_channels(
            {input, output, 0, channel, input.channels, rows.begin, rows.end}, nullptr);
        if (error != 0) return error;
        channel += input.channels;
      }
      return 0;
    };
  }

  Launch operator()(const Slice& op) const {
    return [op](Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_copy_channels(
          {inputs[0], output, op.begin, 0, op.count, rows.begin, rows.end}, nullptr);
    };
  }

  Launch operator()(const Resize& op) const {
    struct Tables {
      cuda::ResizeTapsTable lines, columns;
    };
    const auto tables = std::make_shared<const Tables>(
        Tables{{op, sizes[0].height, output_size.height}, {op, sizes[0].width, output_size.width}});
    return [tables](Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_resize(
          {inputs[0], output, tables->lines.at(tables->lines.bytes().data()),
           tables->columns.at(tables->columns.bytes().data()), rows.begin, rows.end},
          nullptr);
    };
  }

  Launch operator()(const PixelShuffle& op) const {
    return [op](Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_pixel_shuffle({inputs[0], output, op.factor, rows.begin, rows.end},
                                        nullptr);
    };
  }

  Launch operator()(const PixelUnshuffle& op) const {
    return [op](Inputs inputs, const DeviceMap& output, RowRange rows) {
      return cuda::launch_pixel_unshuffle({inputs[0], output, op.factor, rows.begin, rows.end},
                                          nullptr);
    };
  }

  // Convolutions have tests of their own.
  template <class Other>
  Launch operator()(const Other&) const {
    return nullptr;
  }
};

}  // namespace

bool has_kernel_of_its_own(const Graph& graph, const Node& node) {
  const Operator& op = node.op;
  return cuda::has_operator_kernel(graph, node) && !std::holds_alternative<Convolution>(op) &&
         !std::holds_alternative<UpsampleConvolution>(op) &&
         !std::holds_alternative<ShuffleConvolution>(op) && !std::holds_alternative<DenseBlock>(op);
}

OperatorRun operator_run(const Graph& graph, const Node& node, const std::vector<Size>& inputs,
                         cuda::ElementType type) {
  OperatorRun run;
  run.type = type;
  run.output_size = *output_size(node.op, inputs);
  run.output_channels = graph.value(node.output).channels;
  run.launch = std::visit(MakeLaunch{graph, node, inputs, run.output_size}, node.op);
  run.rows_needed = [&node, inputs, height = run.output_size.height](size_t n, RowRange rows) {
    return rows_needed(node.op, n, rows, inputs[n].height, height);
  };
  return run;
}

}  // namespace fovea::test
