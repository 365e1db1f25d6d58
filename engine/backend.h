// Backend: lowers a Graph to steps. The interface between what is computed and where.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "engine/executor.h"
#include "engine/graph.h"
#include "engine/tensor.h"
#include "engine/thread_team.h"

namespace fovea {

/// Where a network runs.
enum class DeviceKind {
  kReference,  ///< the specification; slow
  kCpu,        ///< the fastest kernels this machine's processor runs
  kCuda        ///< an NVIDIA GPU
};

/// What a network's convolutions are computed in; sums are f32 in all. On the CPU maps and what
/// lies between are f32, on a CUDA device maps are kept in it too.
enum class Precision {
  kAuto,  ///< the device's best: f32 on the CPU, f16 on a CUDA device
  kF32,   ///< f32, or as accurate (kernels/cpu/amx)
  kF16,   ///< operands of 11 bits: for CUDA devices
  kBf16   ///< operands of 8 bits: for processors with AMX and CUDA devices; coarser
};

/// One unit of work of a plan: an operator, or a fused group of them. Immutable. What it is to a
/// sweep and a plan is said here; how it is run, the backend's Executor knows.
class Step {
 public:
  static constexpr int64_t kWholeMap = int64_t{1} << 40;

  virtual ~Step() = default;

  const std::vector<ValueId>& inputs() const { return inputs_; }
  ValueId output() const { return output_; }

  /// The rows of input `index` (0 ... inputs().size() - 1) that rows `rows` of the output need.
  /// This is the step's lag: a sweep produces rows when these are there and keeps rows as long as
  /// these may be asked for.
  virtual RowRange rows_needed(size_t index, RowRange rows, int64_t in_height,
                               int64_t out_height) const = 0;

  /// Rows are produced in groups of this many, counted from the picture's top (the last group may
  /// be shorter); kWholeMap: all at once.
  virtual int64_t row_granule() const { return 1; }

  /// Rows that the first group has above the picture, less than row_granule(): it is shorter by
  /// these.
  virtual int64_t rows_above() const { return 0; }

  /// The last end of a group that is not behind `row`; 0 where `row` lies in the first group.
  int64_t group_end(int64_t row) const {
    return std::max<int64_t>(row - (row + rows_above()) % row_granule(), 0);
  }

  /// True when the output may lie where input `index` lies, a map of its shape that nothing reads
  /// later: no row is written before it has been read for the last time.
  virtual bool may_overwrite(size_t index) const {
    (void)index;
    return false;
  }

  /// Multiply-accumulates, or as much work, for one pixel of the output: what progress is told by.
  virtual double work_per_pixel() const = 0;

  /// Units of four bytes that running it may use, of any contents, for an output of `size` pixels
  /// and a team of `threads`.
  virtual int64_t scratch_floats(Size size, int threads) const {
    (void)size;
    (void)threads;
    return 0;
  }

 protected:
  Step(std::vector<ValueId> inputs, ValueId output) : inputs_(std::move(inputs)), output_(output) {}

 private:
  std::vector<ValueId> inputs_;
  ValueId output_;
};

/// A step that runs on the host.
class HostStep : public Step {
 public:
  /// Writes rows `rows` of `output`, reading only the rows of `inputs` that rows_needed() names,
  /// and shares the work out among `team`. The bits of a row do not depend on the rows it is
  /// computed with nor on the team.
  virtual void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output,
                   RowRange rows, float* scratch) const = 0;

 protected:
  using Step::Step;
};

/// `step` of a backend whose steps run on the host.
inline const HostStep& host_step(const Step& step) { return static_cast<const HostStep&>(step); }

/// A step that covers one operator and reads the rows that the operator reads.
template <class Base>
class OperatorStepOf : public Base {
 public:
  RowRange rows_needed(size_t index, RowRange rows, int64_t in_height,
                       int64_t out_height) const override {
    return fovea::rows_needed(op_, index, rows, in_height, out_height);
  }
  double work_per_pixel() const override { return work_per_pixel_; }

 protected:
  OperatorStepOf(const Node& node, double work_per_pixel)
      : Base(node.inputs, node.output), op_(node.op), work_per_pixel_(work_per_pixel) {}

  const Operator& op() const { return op_; }

 private:
  Operator op_;
  double work_per_pixel_;
};

using OperatorStep = OperatorStepOf<HostStep>;

using Steps = std::vector<std::unique_ptr<Step>>;

/// Whether a backend has a kernel for `op`, one that a pass would make of several, on an input of
/// `in_channels`. Empty: it has one for whatever the pass makes.
using HasKernel = std::function<bool(const Operator& op, int64_t in_channels)>;

/// The passes a backend wants run over a graph before it lowers it. All keep the function; the
/// exact ones keep every bit of the reference's result too.
struct Rewrites {
  bool fuse_epilogue = true;     ///< exact
  bool place_concat = true;      ///< exact
  bool fuse_dense_block = true;  ///< exact
  bool recompute_first = true;   ///< exact
  bool fuse_shuffle = true;      ///< exact
  bool fold_affine = true;       ///< rounds weights anew
  bool fold_upsample = true;     ///< sums weights anew
  int64_t concat_granule = 1;    ///< channels of which place_concat places multiples
  HasKernel has_kernel = {};     ///< asked by fuse_shuffle and fold_upsample
};

/// Lowers graphs for one kind of device.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string_view name() const = 0;

  virtual Rewrites rewrites() const = 0;

  /// The steps of `graph` in execution order, weights packed, which `team` shares out. kModel for
  /// what the backend cannot run.
  virtual Result<Steps> lower(const Graph& graph, ThreadTeam& team) const = 0;

  /// The same on the calling thread alone.
  Result<Steps> lower(const Graph& graph) const;

  /// What runs the steps: on the host, in memory of its own, unless the backend has a device.
  virtual Result<std::unique_ptr<Executor>> make_executor(ThreadTeam& team) const {
    return make_host_executor(team);
  }
};

/// What the reference sums a convolution in.
enum class ReferenceAccumulator { kF32, kF64 };

/// The specification: plain loops, one step an operator.
std::unique_ptr<Backend> make_reference_backend(
    ReferenceAccumulator accumulator = ReferenceAccumulator::kF32);

/// The fast CPU kernels, at the instruction set of kernels/cpu/isa.h's choose_isa(); for bf16 at
/// AMX. kDevice when that fails.
Result<std::unique_ptr<Backend>> make_cpu_backend(Precision precision = Precision::kAuto);

/// Devices of a kind: 1 or more. kDevice, saying why, where the build or the machine has none.
Result<int> count_devices(DeviceKind device);

/// The backend for a device, `index` of its kind. kDevice when it is not in this build or not on
/// this machine, or does not compute in `precision`.
Result<std::unique_ptr<Backend>> make_backend(DeviceKind device,
                                              Precision precision = Precision::kAuto,
                                              int index = 0);

}  // namespace fovea
