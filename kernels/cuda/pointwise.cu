// Pointwise operators: y[i,j,c] = f_c(x_0[i,j,c], x_1[i,j,c], ...), one kernel for all of them; f
// is an activation, a sum with scales, a product, an affine map or a clamp (kernels/ops.h).
//
// Maps (H, W, C) are C8-planar (device_map.h), f16, bf16 or f32, whole or rings; values are f32 in
// registers and rounded to nearest once, at the store. Per-channel parameters are f32.
//
// Preconditions (pointwise.h): sound maps of one size, channels and type; parameters aligned to 16
// bytes and as long as whole planes; rows of the map. In place is allowed: a thread reads an
// element only where it writes it.
//
// Grid: a thread a vector of 16 bytes, blocks (rows x pieces of a row, planes) of 256
// (vector_grid.cuh says why). No shared memory.
//
// Bound: memory. A vector in and one out are 32 bytes, for which an H200 multiprocessor waits 1.7
// cycles and could issue 220 instructions; ReLU takes about 40, the divisions and exponentials of
// SiLU some 300, so that sigmoid, SiLU, tanh, GELU and Mish are bound by arithmetic. No network of
// note has those where it is large. 64 registers at most keep 1024 threads resident.
//
// Edges: threads behind a row's end leave; the last plane's channels beyond C are stored as zero
// whatever f makes of zero (sigmoid's is 1/2).
//
// See kernels/reference/pointwise.cpp, tests/emulation/test_pointwise_cuda.cpp.
#include "kernels/cuda/pointwise.h"

#include <cmath>

#include "kernels/cuda/element_dispatch.cuh"
#include "kernels/cuda/map_checks.h"
#include "kernels/cuda/vector_grid.cuh"

namespace fovea::cuda {
namespace {

// ---------------------------------------------------------------------------------- device code

template <class T>
FOVEA_DEVICE void load(const DeviceMap& map, const VectorPlace& place,
                       float (&values)[kVectorChannels<T>]) {
  widen<T>(row_vectors<T>(map, place.plane, place.row)[place.index], values);
}

FOVEA_DEVICE float sigmoid(float x) { return 1.0f / (1.0f + std::exp(-x)); }

// Comparisons are such that a NaN passes through.
template <ActivationKind kKind>
FOVEA_DEVICE float activated(float x, float slope) {
  if constexpr (kKind == ActivationKind::kRelu) return x < 0.0f ? 0.0f : x;
  if constexpr (kKind == ActivationKind::kLeakyRelu || kKind == ActivationKind::kPrelu)
    return x < 0.0f ? x * slope : x;
  if constexpr (kKind == ActivationKind::kSigmoid) return sigmoid(x);
  if constexpr (kKind == ActivationKind::kSilu) return x * sigmoid(x);
  if constexpr (kKind == ActivationKind::kTanh) return std::tanh(x);
  if constexpr (kKind == ActivationKind::kGelu)
    return 0.5f * x * (1.0f + std::erf(x * 0.70710678f));
  // log(1 + e^x) is x itself, to f32, above 20; e^x would overflow above 88.
  if constexpr (kKind == ActivationKind::kMish)
    return x * std::tanh(x > 20.0f ? x : std::log1p(std::exp(x)));
  if constexpr (kKind == ActivationKind::kHardSwish) {
    const float ramp = x + 3.0f;
    return x * (ramp < 0.0f ? 0.0f : ramp > 6.0f ? 6.0f : ramp) / 6.0f;
  }
  return x;
}

template <ActivationKind kKind>
struct ActivateFunction {
  DeviceMap input;
  float slope;
  const float* slopes;

  template <class T>
  FOVEA_DEVICE void values(const VectorPlace& place, float (&y)[kVectorChannels<T>]) const {
    constexpr int kCount = kVectorChannels<T>;
    float channel_slopes[kCount];
    if constexpr (kKind == ActivationKind::kPrelu) {
      load_parameters(slopes, first_channel<T>(place), channel_slopes);
    } else {
      FOVEA_UNROLL
      for (int i = 0; i < kCount; ++i) channel_slopes[i] = slope;
    }
    load<T>(input, place, y);
    FOVEA_UNROLL
    for (int i = 0; i < kCount; ++i) y[i] = activated<kKind>(y[i], channel_slopes[i]);
  }
};

struct AddFunction {
  DeviceMap inputs[AddArgs::kMaxInputs];
  float scales[AddArgs::kMaxInputs];
  int32_t input_count;

  template <class T>
  FOVEA_DEVICE void values(const VectorPlace& place, float (&y)[kVectorChannels<T>]) const {
    constexpr int kCount = kVectorChannels<T>;
    load<T>(inputs[0], place, y);
    FOVEA_UNROLL
    for (int i = 0; i < kCount; ++i) y[i] *= scales[0];
    FOVEA_NO_UNROLL
    for (int n = 1; n < input_count; ++n) {
      float x[kCount];
      load<T>(inputs[n], place, x);
      FOVEA_UNROLL
      for (int i = 0; i < kCount; ++i) y[i] = multiply_add(scales[n], x[i], y[i]);
    }
  }
};

struct MultiplyFunction {
  DeviceMap a;
  DeviceMap b;

  template <class T>
  FOVEA_DEVICE void values(const VectorPlace& place, float (&y)[kVectorChannels<T>]) const {
    constexpr int kCount = kVectorChannels<T>;
    float x[kCount];
    load<T>(a, place, y);
    load<T>(b, place, x);
    FOVEA_UNROLL
    for (int i = 0; i < kCount; ++i) y[i] *= x[i];
  }
};

template <int kCount>
FOVEA_DEVICE void load_or_fill(const float* parameters, float otherwise, int channel,
                               float (&values)[kCount]) {
  if (parameters != nullptr) {
    load_parameters(parameters, channel, values);
    return;
  }
  FOVEA_UNROLL
  for (int i = 0; i < kCount; ++i) values[i] = otherwise;
}

struct AffineFunction {
  DeviceMap input;
  const float* weight;
  const float* bias;

  template <class T>
  FOVEA_DEVICE void values(const VectorPlace& place, float (&y)[kVectorChannels<T>]) const {
    constexpr int kCount = kVectorChannels<T>;
    float weights[kCount];
    float biases[kCount];
    load<T>(input, place, y);
    load_or_fill(weight, 1.0f, first_channel<T>(place), weights);
    load_or_fill(bias, 0.0f, first_channel<T>(place), biases);
    FOVEA_UNROLL
    for (int i = 0; i < kCount; ++i) y[i] = multiply_add(weights[i], y[i], biases[i]);
  }
};

struct ClampFunction {
  DeviceMap input;
  float low;
  float high;

  template <class T>
  FOVEA_DEVICE void values(const VectorPlace& place, float (&y)[kVectorChannels<T>]) const {
    load<T>(input, place, y);
    FOVEA_UNROLL
    for (int i = 0; i < kVectorChannels<T>; ++i)
      y[i] = y[i] < low ? low : high < y[i] ? high : y[i];
  }
};

// ---------------------------------------------------------------------------------------- kernel

template <class T, class Function>
FOVEA_KERNEL(kVectorThreads, 4)
void pointwise_kernel(const FOVEA_GRID_CONSTANT Function function,
                      const FOVEA_GRID_CONSTANT DeviceMap output,
                      const VectorGrid<kVectorThreads> grid) {
  const VectorPlace place = vector_place(grid);
  if (place.index >= grid.row_vectors) return;
  float y[kVectorChannels<T>];
  function.template values<T>(place, y);
  const int channel = first_channel<T>(place);
  FOVEA_UNROLL
  for (int i = 0; i < kVectorChannels<T>; ++i) y[i] = channel + i < output.channels ? y[i] : 0.0f;
  row_vectors<T>(output, place.plane, place.row)[place.index] = narrow<T>(y);
}

// ---------------------------------------------------------------------------------------- launch

bool is_aligned(const float* parameters) {
  return reinterpret_cast<uintptr_t>(parameters) % sizeof(MapVector) == 0;
}

template <class Args>
bool fits(const DeviceMap& input, const Args& args) {
  return has_vectors(input) && same_shape(input, args.output) &&
         holds_rows(input, args.first_row, args.last_row);
}

template <class Function, class Args>
CudaError launch_pointwise(const Function& function, const Args& args, Stream stream) {
  const DeviceMap& output = args.output;
  if (!has_vectors(output) || !holds_rows(output, args.first_row, args.last_row))
    return kInvalidArgument;
  if (args.first_row == args.last_row) return kSuccess;
  return with_element_type(output.type, [&](auto element) -> CudaError {
    using T = decltype(element);
    VectorGrid<kVectorThreads> grid;
    LaunchShape shape;
    if (!make_vector_grid<T>(args.first_row, args.last_row, output.width, output.planes(), grid,
                             shape)) {
      return kInvalidArgument;
    }
    return launch(pointwise_kernel<T, Function>, shape, stream, function, output, grid);
  });
}

template <ActivationKind kKind>
CudaError launch_kind(const ActivateArgs& args, Stream stream) {
  return launch_pointwise(ActivateFunction<kKind>{args.input, args.slope, args.slopes}, args,
                          stream);
}

}  // namespace

CudaError launch_activate(const ActivateArgs& args, Stream stream) {
  if (!fits(args.input, args)) return kInvalidArgument;
  switch (args.kind) {
    case ActivationKind::kNone:
      return launch_kind<ActivationKind::kNone>(args, stream);
    case ActivationKind::kRelu:
      return launch_kind<ActivationKind::kRelu>(args, stream);
    case ActivationKind::kLeakyRelu:
      return launch_kind<ActivationKind::kLeakyRelu>(args, stream);
    case ActivationKind::kPrelu:
      if (args.slopes == nullptr || !is_aligned(args.slopes)) return kInvalidArgument;
      return launch_kind<ActivationKind::kPrelu>(args, stream);
    case ActivationKind::kSigmoid:
      return launch_kind<ActivationKind::kSigmoid>(args, stream);
    case ActivationKind::kSilu:
      return launch_kind<ActivationKind::kSilu>(args, stream);
    case ActivationKind::kTanh:
      return launch_kind<ActivationKind::kTanh>(args, stream);
    case ActivationKind::kGelu:
      return launch_kind<ActivationKind::kGelu>(args, stream);
    case ActivationKind::kMish:
      return launch_kind<ActivationKind::kMish>(args, stream);
    case ActivationKind::kHardSwish:
      return launch_kind<ActivationKind::kHardSwish>(args, stream);
  }
  return kInvalidArgument;
}

CudaError launch_add(const AddArgs& args, Stream stream) {
  if (args.input_count < 1 || args.input_count > AddArgs::kMaxInputs) return kInvalidArgument;
  AddFunction function{};
  function.input_count = args.input_count;
  for (int32_t n = 0; n < args.input_count; ++n) {
    if (!fits(args.inputs[n], args)) return kInvalidArgument;
    function.inputs[n] = args.inputs[n];
    function.scales[n] = args.scales[n];
  }
  return launch_pointwise(function, args, stream);
}

CudaError launch_multiply(const MultiplyArgs& args, Stream stream) {
  if (!fits(args.a, args) || !fits(args.b, args)) return kInvalidArgument;
  return launch_pointwise(MultiplyFunction{args.a, args.b}, args, stream);
}

CudaError launch_affine(const AffineArgs& args, Stream stream) {
  if (!fits(args.input, args) || !is_aligned(args.weight) || !is_aligned(args.bias)) {
    return kInvalidArgument;
  }
  return launch_pointwise(AffineFunction{args.input, args.weight, args.bias}, args, stream);
}

CudaError launch_clamp(const ClampArgs& args, Stream stream) {
  if (!fits(args.input, args)) return kInvalidArgument;
  return launch_pointwise(ClampFunction{args.input, args.low, args.high}, args, stream);
}

}  // namespace fovea::cuda
