#include "engine/passes/passes.h"

namespace fovea {

Result<Graph> rewrite(const Graph& graph, const Rewrites& rewrites) {
  FOVEA_ASSIGN_OR_RETURN(Graph rewritten, remove_unused(graph));
  if (rewrites.fold_affine) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, fold_affine(rewritten));
  }
  if (rewrites.fuse_epilogue) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, fuse_epilogue(rewritten));
  }
  if (rewrites.fuse_dense_block) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, fuse_dense_block(rewritten));
  }
  // After dense blocks are one node each: what counts as long is counted in nodes.
  if (rewrites.recompute_first) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, recompute_first(rewritten));
  }
  if (rewrites.fuse_shuffle) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, fuse_shuffle(rewritten, rewrites.has_kernel));
  }
  // After the activation has been drawn in, so that the phases carry it.
  if (rewrites.fold_upsample) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, fold_upsample(rewritten, rewrites.has_kernel));
  }
  // Last: placements belong to the values of the final graph.
  if (rewrites.place_concat) {
    FOVEA_ASSIGN_OR_RETURN(rewritten, place_concat(rewritten, rewrites.concat_granule));
  }
  return rewritten;
}

}  // namespace fovea
