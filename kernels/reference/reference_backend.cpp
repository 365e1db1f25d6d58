// Lowers a graph to the reference kernels, one step an operator.
#include "kernels/reference/reference_steps.h"

namespace fovea {
namespace {

class ReferenceBackend : public Backend {
 public:
  explicit ReferenceBackend(ReferenceAccumulator accumulator) : accumulator_(accumulator) {}

  std::string_view name() const override { return "reference"; }

  Rewrites rewrites() const override {
    // Only the exact ones: what the specification computes is what the model says, bit for bit.
    return {.fuse_epilogue = true,
            .place_concat = true,
            .fuse_dense_block = false,
            .recompute_first = false,
            .fuse_shuffle = true,
            .fold_affine = false,
            .fold_upsample = false};
  }

  Result<Steps> lower(const Graph& graph, ThreadTeam&) const override {
    Steps steps;
    for (const Node& node : graph.nodes()) {
      FOVEA_ASSIGN_OR_RETURN(auto step, make_reference_step(graph, node, accumulator_));
      steps.push_back(std::move(step));
    }
    return steps;
  }

 private:
  ReferenceAccumulator accumulator_;
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend(ReferenceAccumulator accumulator) {
  return std::make_unique<ReferenceBackend>(accumulator);
}

}  // namespace fovea
