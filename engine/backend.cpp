#include "engine/backend.h"

namespace fovea {

Result<Steps> Backend::lower(const Graph& graph) const {
  ThreadTeam alone(1);
  return lower(graph, alone);
}

Result<std::unique_ptr<Backend>> make_backend(DeviceKind device, Precision precision) {
  switch (device) {
    case DeviceKind::kReference:
      if (precision == Precision::kBf16)
        return fail(ErrorCode::kDevice,
                    "the reference computes in f32 alone; use the CPU for bf16");
      return make_reference_backend();
    case DeviceKind::kCpu:
      return make_cpu_backend(precision);
  }
  return fail(ErrorCode::kDevice, "no such device");
}

}  // namespace fovea
