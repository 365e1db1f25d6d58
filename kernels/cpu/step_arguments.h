// From the engine's types to the kernels' plain structs.
#pragma once

#include <span>

#include "engine/tensor.h"
#include "engine/weights.h"
#include "kernels/cpu/kernel_table.h"
#include "kernels/ops.h"

namespace fovea::cpu {

MapArgs map_args(const ConstTensorView& view);

/// What the kernels call an activation: ReLU kLeaky, of slope 0.
EpilogueActivation activation_of(ActivationKind kind);

/// The slope of kLeaky.
float slope_of(const ops::ActivationOp& op);

/// The epilogue of one convolution, its bias and slopes padded to whole panels.
class PackedEpilogue {
 public:
  explicit PackedEpilogue(const ops::ConvolutionOp& op);

  /// `residuals` are the maps of op.residuals, in their order.
  EpilogueArgs args(std::span<const ConstTensorView> residuals) const;

 private:
  ops::ActivationOp activation_;
  std::vector<ScaledResidual> residuals_;
  AlignedFloats bias_;
  AlignedFloats slopes_;
};

/// The epilogue of the outputs from `first` on.
void skip_channels(EpilogueArgs& epilogue, int64_t first);

/// The weights of a 3x3 or 5x5 convolution as they are stored, which the Winograd kernels transform
/// when they need them: half the memory of f32 where the file holds halves, a seventh to a
/// fourteenth of U.
class StoredWeights {
 public:
  /// kModel for weights that are not floating point. Shares the tensor's bytes, but for f64, of
  /// which it makes f32.
  static Result<StoredWeights> create(const WeightTensor& weight);

  /// U at `u`, (64, padded out / 16, in, 16) floats.
  WinogradWeightArgs args(float* u) const { return args(u, 0, out_channels()); }

  /// The same of outputs [first, first + count) alone.
  WinogradWeightArgs args(float* u, int64_t first, int64_t count) const;

  int64_t in_channels() const { return tensor_.shape[1]; }
  int64_t out_channels() const { return tensor_.shape[0]; }

  /// Floats of U, and how many items KernelTable::winograd_weights has.
  int64_t u_floats() const;
  int64_t item_count() const;

 private:
  explicit StoredWeights(WeightTensor tensor) : tensor_(std::move(tensor)) {}

  WeightTensor tensor_;
};

}  // namespace fovea::cpu
