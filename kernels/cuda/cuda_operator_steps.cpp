#include "kernels/cuda/cuda_operator_steps.h"

#include <functional>

#include "kernels/cuda/copy_channels.h"
#include "kernels/cuda/pixel_shuffle.h"
#include "kernels/cuda/pointwise.h"
#include "kernels/cuda/resize_map.h"
#include "kernels/cuda/resize_taps_table.h"

namespace fovea::cuda {
namespace {

using Kernel = std::function<CudaError(std::span<const DeviceMap> inputs, const DeviceMap& output,
                                       RowRange rows, Stream stream)>;

class KernelStep : public CudaOperatorStep {
 public:
  KernelStep(const Node& node, double work_per_pixel, Kernel kernel)
      : CudaOperatorStep(node, work_per_pixel), kernel_(std::move(kernel)) {}

  CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                    const Workspace& workspace) const override {
    return kernel_(inputs, output, rows, workspace.stream);
  }

 private:
  Kernel kernel_;
};

// The weights of both axes, as the device reads them.
struct ResizeTables : StepTables {
  Buffer lines_buffer;
  Buffer columns_buffer;
  AxisTaps lines;
  AxisTaps columns;
};

class ResizeStep : public CudaOperatorStep {
 public:
  ResizeStep(const Node& node, double work_per_pixel) : CudaOperatorStep(node, work_per_pixel) {}

  Result<std::unique_ptr<StepTables>> make_tables(const DeviceContext& context, Size input,
                                                  Size output) const override {
    const auto& resize = std::get<Resize>(op());
    auto tables = std::make_unique<ResizeTables>();
    const ResizeTapsTable lines(resize, input.height, output.height);
    const ResizeTapsTable columns(resize, input.width, output.width);
    FOVEA_ASSIGN_OR_RETURN(tables->lines_buffer, upload(context, lines.bytes()));
    FOVEA_ASSIGN_OR_RETURN(tables->columns_buffer, upload(context, columns.bytes()));
    tables->lines = lines.at(tables->lines_buffer.data());
    tables->columns = columns.at(tables->columns_buffer.data());
    return std::unique_ptr<StepTables>(std::move(tables));
  }

  CudaError enqueue(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                    const Workspace& workspace) const override {
    const auto& tables = static_cast<const ResizeTables&>(*workspace.tables);
    return launch_resize({inputs[0], output, tables.lines, tables.columns, rows.begin, rows.end},
                         workspace.stream);
  }
};

// `first` channels into `output` from channel `at` on.
CudaError copy_channels(const DeviceMap& input, int64_t from, const DeviceMap& output, int64_t to,
                        int64_t count, RowRange rows, Stream stream) {
  return launch_copy_channels({input, output, from, to, count, rows.begin, rows.end}, stream);
}

CudaError concat(std::span<const DeviceMap> inputs, const DeviceMap& output, RowRange rows,
                 Stream stream) {
  int64_t first = 0;
  for (const DeviceMap& input : inputs) {
    // passes/place_concat lets most inputs be written where they belong from the start.
    const bool is_there =
        first % kPlaneChannels == 0 && output.slice(first, input.channels).data == input.data;
    if (!is_there) {
      const CudaError error = copy_channels(input, 0, output, first, input.channels, rows, stream);
      if (error != 0) return error;
    }
    first += input.channels;
  }
  return 0;
}

CudaError add(const std::vector<float>& scales, std::span<const DeviceMap> inputs,
              const DeviceMap& output, RowRange rows, Stream stream) {
  // More inputs than one launch takes are added to what is there already.
  for (size_t next = 0; next < inputs.size();) {
    AddArgs args;
    if (next > 0) {
      args.inputs[0] = output;
      args.scales[0] = 1.0f;
      args.input_count = 1;
    }
    for (; next < inputs.size() && args.input_count < AddArgs::kMaxInputs; ++next) {
      args.inputs[args.input_count] = inputs[next];
      args.scales[args.input_count] = scales[next];
      ++args.input_count;
    }
    args.output = output;
    args.first_row = rows.begin;
    args.last_row = rows.end;
    const CudaError error = launch_add(args, stream);
    if (error != 0) return error;
  }
  return 0;
}

// The kernel of an operator with its parameters on the device. One overload an operator.
struct KernelOf {
  const DeviceContext& context;
  const Graph& graph;
  const Node& node;

  int64_t in_channels() const { return graph.value(node.inputs[0]).channels; }

  Result<std::shared_ptr<const Buffer>> on_device(const std::vector<float>& values) const {
    FOVEA_ASSIGN_OR_RETURN(Buffer buffer, upload_channels(context, values, in_channels()));
    return std::make_shared<const Buffer>(std::move(buffer));
  }

  Result<Kernel> operator()(const Activate& op) const {
    FOVEA_ASSIGN_OR_RETURN(const auto resolved, ops::resolve(graph, op.activation, in_channels()));
    FOVEA_ASSIGN_OR_RETURN(const auto slopes, on_device(resolved.slopes));
    return [kind = resolved.kind, slope = resolved.negative_slope, slopes](
               auto in, const auto& out, RowRange rows, Stream stream) {
      return launch_activate(
          {in[0], out, kind, slope, slopes->template data<float>(), rows.begin, rows.end}, stream);
    };
  }

  Result<Kernel> operator()(const Add& op) const {
    return [scales = op.scales](auto in, const auto& out, RowRange rows, Stream stream) {
      return add(scales, in, out, rows, stream);
    };
  }

  Result<Kernel> operator()(const Multiply&) const {
    return [](auto in, const auto& out, RowRange rows, Stream stream) {
      return launch_multiply({in[0], in[1], out, rows.begin, rows.end}, stream);
    };
  }

  Result<Kernel> operator()(const Concat&) const {
    return [](auto in, const auto& out, RowRange rows, Stream stream) {
      return concat(in, out, rows, stream);
    };
  }

  Result<Kernel> operator()(const Slice& op) const {
    return [op](auto in, const auto& out, RowRange rows, Stream stream) {
      return copy_channels(in[0], op.begin, out, 0, op.count, rows, stream);
    };
  }

  Result<Kernel> operator()(const PixelShuffle& op) const {
    return [op](auto in, const auto& out, RowRange rows, Stream stream) {
      return launch_pixel_shuffle({in[0], out, op.factor, rows.begin, rows.end}, stream);
    };
  }

  Result<Kernel> operator()(const PixelUnshuffle& op) const {
    return [op](auto in, const auto& out, RowRange rows, Stream stream) {
      return launch_pixel_unshuffle({in[0], out, op.factor, rows.begin, rows.end}, stream);
    };
  }

  Result<Kernel> operator()(const Affine& op) const {
    FOVEA_ASSIGN_OR_RETURN(const auto resolved, ops::resolve(graph, op, in_channels()));
    FOVEA_ASSIGN_OR_RETURN(const auto weight, on_device(resolved.weight));
    FOVEA_ASSIGN_OR_RETURN(const auto bias, on_device(resolved.bias));
    return [weight, bias](auto in, const auto& out, RowRange rows, Stream stream) {
      return launch_affine({in[0], out, weight->template data<float>(),
                            bias->template data<float>(), rows.begin, rows.end},
                           stream);
    };
  }

  Result<Kernel> operator()(const Clamp& op) const {
    return [op](auto in, const auto& out, RowRange rows, Stream stream) {
      return launch_clamp({in[0], out, op.low, op.high, rows.begin, rows.end}, stream);
    };
  }

  template <class Other>
  Result<Kernel> operator()(const Other&) const {
    return fail(ErrorCode::kModel, "{}: {} has no CUDA kernel of its own", node.name,
                operator_name(node.op));
  }
};

// Operators that have no kernel, whatever their inputs.
struct IsForHosts {
  bool operator()(const GlobalAverage&) const { return true; }
  bool operator()(const GroupNormFactors&) const { return true; }
  bool operator()(const ChannelNorm&) const { return true; }
  bool operator()(const Pad&) const { return true; }
  bool operator()(const Crop&) const { return true; }
  bool operator()(const Pool&) const { return true; }
  bool operator()(const GridSample&) const { return true; }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

bool has_operator_kernel(const Graph& graph, const Node& node) {
  if (std::visit(IsForHosts{}, node.op)) return false;
  // A pixel for the whole picture, or the size of another map.
  for (size_t i = 1; i < node.inputs.size(); ++i) {
    if (graph.value(node.inputs[i]).scale != graph.value(node.inputs[0]).scale) return false;
  }
  return true;
}

Result<std::unique_ptr<Step>> make_operator_step(const DeviceContext& context, const Graph& graph,
                                                 const Node& node) {
  if (!has_operator_kernel(graph, node))
    return fail(ErrorCode::kDevice, "{}: {} has no CUDA kernel yet; use -g cpu", node.name,
                operator_name(node.op));
  const double work = ops::work_per_pixel(graph, node);
  if (std::holds_alternative<Resize>(node.op))
    return std::unique_ptr<Step>(std::make_unique<ResizeStep>(node, work));
  FOVEA_ASSIGN_OR_RETURN(Kernel kernel, std::visit(KernelOf{context, graph, node}, node.op));
  return std::unique_ptr<Step>(std::make_unique<KernelStep>(node, work, std::move(kernel)));
}

}  // namespace fovea::cuda
