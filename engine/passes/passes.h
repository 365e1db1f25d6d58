// Passes: one rewrite a file, Graph in, Graph out. Each keeps the function the graph computes.
#pragma once

#include "engine/backend.h"
#include "engine/graph.h"

namespace fovea {

/// Folds a per-channel affine map (a batch norm in inference) that follows a convolution into its
/// weight and bias: w' = s w, b' = s b + t. (Ioffe & Szegedy 2015.)
Result<Graph> fold_affine(const Graph& graph);

/// Draws the activation and the scaled additions that follow a convolution, and that nothing else
/// reads, into its epilogue. Exact: the same operations in the same order.
Result<Graph> fuse_epilogue(const Graph& graph);

/// Makes one DenseBlock of convolutions that each read the concat of a value and all results before
/// theirs, where nothing else reads those results; for backends that keep them on chip. Exact.
/// Wants its epilogues fused.
Result<Graph> fuse_dense_block(const Graph& graph);

/// Computes a convolution of the network's input anew for a reader that comes long after the
/// others, rather than keep its result till then: ESRGAN's long skip would hold a map of 64
/// channels through the whole trunk, its input has 3. Exact.
Result<Graph> recompute_first(const Graph& graph);

/// Makes one ShuffleConvolution of a convolution, the pixel shuffle that alone reads it and, where
/// there is one, the addition of a map enlarged by repetition as much, so that neither the shuffled
/// nor the enlarged map is ever kept; where there is a kernel for it. Exact. Wants its epilogues
/// fused.
Result<Graph> fuse_shuffle(const Graph& graph, const HasKernel& has_kernel = {});

/// Nearest x2 followed by a 3x3 convolution becomes four 2x2 phase convolutions: the rows of the
/// enlarged map come in equal pairs, so the kernel rows that meet a pair are added up; where there
/// is a kernel for it. 4/9 of the multiplications.
Result<Graph> fold_upsample(const Graph& graph, const HasKernel& has_kernel = {});

/// Gives the inputs of a concat their places in one map, so that no concat is ever executed; a
/// dense block (Huang et al. 2017) becomes convolutions that grow one buffer. Sets
/// Value::placement, moves no node. Only channels that are multiples of `granule` are places: a
/// backend that stores planes of channels moves whole planes.
Result<Graph> place_concat(const Graph& graph, int64_t granule = 1);

/// Drops nodes and parameters that the output does not depend on.
Result<Graph> remove_unused(const Graph& graph);

/// The passes that `rewrites` names, in the order that lets each see what the ones before made.
Result<Graph> rewrite(const Graph& graph, const Rewrites& rewrites);

}  // namespace fovea
