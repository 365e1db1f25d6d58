// Lowers a graph to CPU kernels; what has none of its own runs on the reference's.
#include "kernels/cpu/cpu_backend.h"

#include <algorithm>
#include <new>

#include "kernels/cpu/amx/amx_convolution_step.h"
#include "kernels/cpu/amx/amx_dense_block_step.h"
#include "kernels/cpu/amx/amx_support.h"
#include "kernels/cpu/convolution_step.h"
#include "kernels/cpu/dense_block_step.h"
#include "kernels/cpu/pointwise_step.h"
#include "kernels/cpu/resize_step.h"
#include "kernels/cpu/shuffle_step.h"
#include "kernels/cpu/statistics_step.h"
#include "kernels/cpu/upsample_step.h"
#include "kernels/reference/reference_steps.h"

namespace fovea {
namespace cpu {
namespace {

const KernelTable& kernels_of(Isa isa) {
#if defined(__x86_64__)
  // Beside its tiles, an emulated AMX has the vectors of the machine.
  if (isa == Isa::kAmxEmulated) isa = supported_isas().back();
  if (isa == Isa::kAmx || isa == Isa::kAvx512) return kAvx512Kernels;
  if (isa == Isa::kAvx2) return kAvx2Kernels;
#endif
  (void)isa;
  return kPortableKernels;
}

// The kernels over tile registers; null for levels without.
const TileKernels* tile_kernels_of(Isa isa) {
#if defined(__x86_64__)
  if (isa == Isa::kAmx) return &kAmxKernels;
#endif
  return isa == Isa::kAmxEmulated ? &kEmulatedAmxKernels : nullptr;
}

class CpuBackend : public Backend {
 public:
  CpuBackend(Isa isa, Precision precision)
      : kernels_(kernels_of(isa)),
        tile_kernels_(tile_kernels_of(isa)),
        tile_precision_(precision == Precision::kBf16 ? TilePrecision::kBf16
                                                      : TilePrecision::kBf16x3) {}

  std::string_view name() const override { return "cpu"; }

  Rewrites rewrites() const override {
    // Tile registers multiply faster than the phases would on vectors.
    return {.fuse_epilogue = true,
            .place_concat = true,
            .fuse_dense_block = true,
            .recompute_first = true,
            .fuse_shuffle = true,
            .fold_affine = true,
            .fold_upsample = tile_kernels_ == nullptr};
  }

  // Transforming the weights of a small network takes as long as enlarging a small picture, so the
  // team shares the nodes out: they do not depend on each other.
  Result<Steps> lower(const Graph& graph, ThreadTeam& team) const override {
    std::vector<Result<std::unique_ptr<Step>>> made(graph.nodes().size());
    team.run(static_cast<int64_t>(made.size()), [&](int64_t i, int) {
      const auto n = static_cast<size_t>(i);
      const Node& node = graph.nodes()[n];
      try {
        made[n] = make_step(graph, node);
      } catch (const std::bad_alloc&) {
        made[n] = fail(ErrorCode::kMemory, "no memory for the weights of {}; free some", node.name);
      }
    });
    Steps steps;
    for (auto& step : made) {
      if (!step) return tl::unexpected(std::move(step.error()));
      steps.push_back(std::move(*step));
    }
    return steps;
  }

 private:
  Result<std::unique_ptr<Step>> make_step(const Graph& graph, const Node& node) const {
    std::unique_ptr<Step> step;
    if (tile_kernels_ != nullptr) {
      FOVEA_ASSIGN_OR_RETURN(step, tile_step(graph, node));
    }
    if (step != nullptr) {
      // No other kernel is asked.
    } else if (std::holds_alternative<Convolution>(node.op)) {
      FOVEA_ASSIGN_OR_RETURN(step, make_convolution_step(graph, node, kernels_));
    } else if (std::holds_alternative<ShuffleConvolution>(node.op)) {
      FOVEA_ASSIGN_OR_RETURN(step, make_shuffle_convolution_step(graph, node, kernels_));
      if (step == nullptr) {
        FOVEA_ASSIGN_OR_RETURN(auto convolution, make_step(graph, convolution_of(node)));
        step = make_shuffle_step(node, std::move(convolution));
      }
    } else if (std::holds_alternative<DenseBlock>(node.op)) {
      FOVEA_ASSIGN_OR_RETURN(step, make_dense_block_step(graph, node, kernels_));
    } else if (std::holds_alternative<UpsampleConvolution>(node.op)) {
      FOVEA_ASSIGN_OR_RETURN(step, make_upsample_step(graph, node, kernels_));
    } else if (std::holds_alternative<Resize>(node.op)) {
      step = make_resize_step(graph, node, kernels_);
    } else if (std::holds_alternative<GlobalAverage>(node.op) ||
               std::holds_alternative<GroupNormFactors>(node.op)) {
      FOVEA_ASSIGN_OR_RETURN(step, make_statistics_step(graph, node));
    } else {
      FOVEA_ASSIGN_OR_RETURN(step, make_pointwise_step(graph, node, kernels_));
    }
    if (step == nullptr) return make_reference_step(graph, node, ReferenceAccumulator::kF32);
    return step;
  }

  // None (a null pointer) where the kernels over vectors are to be asked.
  Result<std::unique_ptr<Step>> tile_step(const Graph& graph, const Node& node) const {
    if (std::holds_alternative<Convolution>(node.op))
      return make_amx_convolution_step(graph, node, *tile_kernels_, tile_precision_);
    if (std::holds_alternative<ShuffleConvolution>(node.op)) {
      FOVEA_ASSIGN_OR_RETURN(auto convolution, tile_step(graph, convolution_of(node)));
      return convolution != nullptr ? make_shuffle_step(node, std::move(convolution)) : nullptr;
    }
    if (std::holds_alternative<DenseBlock>(node.op))
      return make_amx_dense_block_step(graph, node, *tile_kernels_, tile_precision_);
    return std::unique_ptr<Step>();
  }

  const KernelTable& kernels_;
  const TileKernels* tile_kernels_;
  TilePrecision tile_precision_;
};

}  // namespace

Result<Isa> choose_isa(Precision precision) {
  if (precision != Precision::kBf16) return choose_isa();
  FOVEA_ASSIGN_OR_RETURN(const std::optional<Isa> forced, forced_isa());
  if (!forced) {
    const std::string missing = missing_for_amx();
    if (missing.empty()) return Isa::kAmx;
    return fail(ErrorCode::kDevice, "bf16 on the CPU needs AMX, and this machine lacks {}; use f32",
                missing);
  }
  if (tile_kernels_of(*forced) != nullptr) return *forced;
  return fail(ErrorCode::kDevice,
              "bf16 on the CPU needs AMX, and FOVEA_FORCE_ISA={} rules it out; use f32",
              to_string(*forced));
}

Result<std::unique_ptr<Backend>> make_cpu_backend(Isa isa, Precision precision) {
  const std::vector<Isa> supported = supported_isas();
  if (isa != Isa::kAmxEmulated &&
      std::find(supported.begin(), supported.end(), isa) == supported.end())
    return fail(ErrorCode::kDevice, "this machine does not run {}", to_string(isa));
  if (precision == Precision::kBf16 && tile_kernels_of(isa) == nullptr)
    return fail(ErrorCode::kDevice, "{} has no kernels in bf16; use amx or f32", to_string(isa));
  return std::unique_ptr<Backend>(std::make_unique<CpuBackend>(isa, precision));
}

}  // namespace cpu

Result<std::unique_ptr<Backend>> make_cpu_backend(Precision precision) {
  FOVEA_ASSIGN_OR_RETURN(const cpu::Isa isa, cpu::choose_isa(precision));
  return cpu::make_cpu_backend(isa, precision);
}

}  // namespace fovea
