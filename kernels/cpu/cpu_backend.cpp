// Lowers a graph to CPU kernels; what has none of its own runs on the reference's.
#include "kernels/cpu/cpu_backend.h"

#include <algorithm>

#include "kernels/cpu/convolution_step.h"
#include "kernels/cpu/dense_block_step.h"
#include "kernels/cpu/nearest_step.h"
#include "kernels/reference/reference_steps.h"

namespace fovea {
namespace cpu {
namespace {

const KernelTable& kernels_of(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx512) return kAvx512Kernels;
  if (isa == Isa::kAvx2) return kAvx2Kernels;
#endif
  (void)isa;
  return kPortableKernels;
}

class CpuBackend : public Backend {
 public:
  explicit CpuBackend(Isa isa) : kernels_(kernels_of(isa)) {}

  std::string_view name() const override { return "cpu"; }

  Rewrites rewrites() const override {
    // Winograd on the enlarged map multiplies less than the four phases summed directly would.
    return {.fuse_epilogue = true,
            .place_concat = true,
            .fuse_dense_block = true,
            .fold_affine = true,
            .fold_upsample = false};
  }

  Result<Steps> lower(const Graph& graph) const override {
    Steps steps;
    for (const Node& node : graph.nodes()) {
      std::unique_ptr<Step> step;
      if (std::holds_alternative<Convolution>(node.op)) {
        FOVEA_ASSIGN_OR_RETURN(step, make_convolution_step(graph, node, kernels_));
      } else if (std::holds_alternative<DenseBlock>(node.op)) {
        FOVEA_ASSIGN_OR_RETURN(step, make_dense_block_step(graph, node, kernels_));
      } else if (const auto* resize = std::get_if<Resize>(&node.op);
                 resize != nullptr && resize->filter == ResizeFilter::kNearest) {
        step = make_nearest_step(graph, node);
      }
      if (step == nullptr) {
        FOVEA_ASSIGN_OR_RETURN(step, make_reference_step(graph, node, ReferenceAccumulator::kF32));
      }
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  const KernelTable& kernels_;
};

}  // namespace

Result<std::unique_ptr<Backend>> make_cpu_backend(Isa isa) {
  const std::vector<Isa> supported = supported_isas();
  if (std::find(supported.begin(), supported.end(), isa) == supported.end())
    return fail(ErrorCode::kDevice, "this machine does not run {}", to_string(isa));
  return std::unique_ptr<Backend>(std::make_unique<CpuBackend>(isa));
}

}  // namespace cpu

Result<std::unique_ptr<Backend>> make_cpu_backend() {
  FOVEA_ASSIGN_OR_RETURN(const cpu::Isa isa, cpu::choose_isa());
  return cpu::make_cpu_backend(isa);
}

}  // namespace fovea
