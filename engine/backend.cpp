#include "engine/backend.h"

namespace fovea {

Result<std::unique_ptr<Backend>> make_backend(DeviceKind device) {
  switch (device) {
    case DeviceKind::kReference:
      return make_reference_backend();
    case DeviceKind::kCpu:
      return make_cpu_backend();
  }
  return fail(ErrorCode::kDevice, "no such device");
}

}  // namespace fovea
