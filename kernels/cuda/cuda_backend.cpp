// Lowers a graph to CUDA kernels.
#include "kernels/cuda/cuda_backend.h"

#include "kernels/cuda/cuda_chain_step.h"
#include "kernels/cuda/cuda_convolution_step.h"
#include "kernels/cuda/cuda_executor.h"
#include "kernels/cuda/cuda_operator_steps.h"
#include "kernels/cuda/cuda_shuffle_step.h"

namespace fovea::cuda {
namespace {

class CudaBackend : public Backend {
 public:
  explicit CudaBackend(std::shared_ptr<const DeviceContext> context)
      : context_(std::move(context)) {}

  std::string_view name() const override { return "cuda"; }

  Rewrites rewrites() const override {
    // A dense block is convolutions that grow one buffer: what is fused across them is left to the
    // second-level cache (README.md). Maps take a tenth of the CPU's share of memory, so the first
    // layer's result is kept rather than computed again.
    return {.fuse_epilogue = true,
            .place_concat = true,
            .fuse_dense_block = false,
            .recompute_first = false,
            .fuse_shuffle = true,
            .fold_affine = true,
            .fold_upsample = true,
            .concat_granule = kPlaneChannels,
            .has_kernel = [context = context_](const Operator& op, int64_t in_channels) {
              if (const auto* shuffle = std::get_if<ShuffleConvolution>(&op))
                return has_shuffle_kernel(*context, *shuffle, in_channels);
              const auto* upsample = std::get_if<UpsampleConvolution>(&op);
              return upsample != nullptr &&
                     has_upsample_kernel(*context, in_channels, upsample->out_channels);
            }};
  }

  Result<Steps> lower(const Graph& graph, ThreadTeam&) const override {
    FOVEA_TRY(context_->make_current());
    FOVEA_ASSIGN_OR_RETURN(auto chains, make_chain_steps(*context_, graph));
    Steps steps;
    for (const Node& node : graph.nodes()) {
      const auto chained = chains.find(&node);
      if (chained != chains.end()) {
        if (chained->second != nullptr) steps.push_back(std::move(chained->second));
        continue;
      }
      FOVEA_ASSIGN_OR_RETURN(auto step, make_step(graph, node));
      steps.push_back(std::move(step));
    }
    return steps;
  }

  Result<std::unique_ptr<Executor>> make_executor(ThreadTeam&) const override {
    return make_cuda_executor(context_);
  }

 private:
  Result<std::unique_ptr<Step>> make_step(const Graph& graph, const Node& node) const {
    if (std::holds_alternative<Convolution>(node.op))
      return make_convolution_step(*context_, graph, node);
    if (std::holds_alternative<UpsampleConvolution>(node.op))
      return make_upsample_step(*context_, graph, node);
    if (std::holds_alternative<ShuffleConvolution>(node.op))
      return make_shuffle_step(*context_, graph, node);
    return make_operator_step(*context_, graph, node);
  }

  std::shared_ptr<const DeviceContext> context_;
};

Result<ElementType> element_type(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
    case Precision::kF16:
      return ElementType::kF16;
    case Precision::kBf16:
      return ElementType::kBf16;
    case Precision::kF32:
      return ElementType::kF32;
  }
  return fail(ErrorCode::kDevice, "no such precision on a CUDA device");
}

}  // namespace

Result<int> count_cuda_devices() {
  int count = 0;
  const CudaError error = device_count(count);
  if (error == 0 && count > 0) return count;
  if (error == 0) return fail(ErrorCode::kDevice, "this machine has no CUDA device");
  return fail(ErrorCode::kDevice, "no CUDA device can be used: {}", error_text(error));
}

Result<std::unique_ptr<Backend>> make_cuda_backend(int device, Precision precision) {
  FOVEA_ASSIGN_OR_RETURN(const auto type, element_type(precision));
  FOVEA_ASSIGN_OR_RETURN(auto context, DeviceContext::open(device, type));
  return std::unique_ptr<Backend>(std::make_unique<CudaBackend>(std::move(context)));
}

}  // namespace fovea::cuda
