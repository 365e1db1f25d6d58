// Steps that compute several convolutions in one kernel: what lies between them is in no map.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "kernels/cuda/cuda_step.h"

namespace fovea::cuda {

/// Convolutions of one size of map, of which each but the first is the only reader of the one
/// before. Not empty.
using NodeChain = std::vector<const Node*>;

/// Reads the first node's input, writes the last one's output.
class CudaChainStep : public CudaStep {
 public:
  RowRange rows_needed(size_t index, RowRange rows, int64_t in_height,
                       int64_t out_height) const override;
  double work_per_pixel() const override { return work_per_pixel_; }

 protected:
  CudaChainStep(const Graph& graph, const NodeChain& chain);

 private:
  std::vector<Operator> ops_;
  double work_per_pixel_ = 0;
};

/// The steps of the chains in `graph` that there are kernels for, by each chain's last node; null
/// for its other nodes. kMemory or kDevice where weights do not reach the device.
Result<std::map<const Node*, std::unique_ptr<Step>>> make_chain_steps(const DeviceContext& context,
                                                                      const Graph& graph);

}  // namespace fovea::cuda
