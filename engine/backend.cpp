#include "engine/backend.h"

#ifdef FOVEA_HAS_CUDA
#include "kernels/cuda/cuda_backend.h"
#endif

namespace fovea {
namespace {

Status has_no_f16(Precision precision, std::string_view device) {
  if (precision != Precision::kF16) return {};
  return fail(ErrorCode::kDevice, "{} has no kernels in f16; use f32", device);
}

}  // namespace

Result<Steps> Backend::lower(const Graph& graph) const {
  ThreadTeam alone(1);
  return lower(graph, alone);
}

Result<int> count_devices(DeviceKind device) {
  if (device != DeviceKind::kCuda) return 1;
#ifdef FOVEA_HAS_CUDA
  return cuda::count_cuda_devices();
#else
  return fail(ErrorCode::kDevice, "this build has no CUDA backend");
#endif
}

Result<std::unique_ptr<Backend>> make_backend(DeviceKind device, Precision precision, int index) {
  switch (device) {
    case DeviceKind::kReference:
      FOVEA_TRY(has_no_f16(precision, "the reference"));
      if (precision == Precision::kBf16)
        return fail(ErrorCode::kDevice,
                    "the reference computes in f32 alone; use the CPU for bf16");
      return make_reference_backend();
    case DeviceKind::kCpu:
      FOVEA_TRY(has_no_f16(precision, "the CPU"));
      return make_cpu_backend(precision);
    case DeviceKind::kCuda:
#ifdef FOVEA_HAS_CUDA
      return cuda::make_cuda_backend(index, precision);
#else
      (void)index;
      return fail(ErrorCode::kDevice, "this build has no CUDA backend; use -g cpu");
#endif
  }
  return fail(ErrorCode::kDevice, "no such device");
}

}  // namespace fovea
