#include "kernels/cuda/device_context.h"

#include <algorithm>
#include <utility>

namespace fovea::cuda {
namespace {

constexpr CudaError kOutOfMemory = 2;  // cudaErrorMemoryAllocation
// The oldest that the kernels are built for (Turing): the first with ldmatrix and m16n8k8.
constexpr int kLeastCapability = 75;

}  // namespace

Status to_status(CudaError error, std::string_view tried) {
  if (error == 0) return {};
  if (error == kOutOfMemory)
    return fail(ErrorCode::kMemory,
                "{}: the device has no such memory left; close what else uses it or choose -g cpu",
                tried);
  return fail(ErrorCode::kDevice, "{}: {} (CUDA error {}); choose -g cpu", tried, error_text(error),
              error);
}

Result<std::shared_ptr<const DeviceContext>> DeviceContext::open(int device, ElementType type) {
  int count = 0;
  FOVEA_TRY(to_status(device_count(count), "looking for a CUDA device"));
  if (device < 0 || device >= count)
    return fail(ErrorCode::kDevice,
                "there is no CUDA device {} ({} found); choose another or -g cpu", device, count);
  std::shared_ptr<DeviceContext> context(new DeviceContext(device, type));
  FOVEA_TRY(context->make_current());
  FOVEA_TRY(to_status(device_properties(device, context->properties_), "asking for the device"));
  const int capability = context->properties_.compute_capability;
  if (capability < kLeastCapability)
    return fail(ErrorCode::kDevice,
                "{} has compute capability {}.{} (least 7.5); choose another device or -g cpu",
                context->properties_.name, capability / 10, capability % 10);
  if (type == ElementType::kBf16 && capability < 80)
    return fail(ErrorCode::kDevice,
                "{} has no bf16 (compute capability {}.{}, least 8.0); use f16 or f32",
                context->properties_.name, capability / 10, capability % 10);
  FOVEA_TRY(to_status(create_stream(context->stream_), "making a stream"));
  return std::shared_ptr<const DeviceContext>(std::move(context));
}

DeviceContext::~DeviceContext() {
  if (stream_ != nullptr) destroy_stream(stream_);
}

Status DeviceContext::make_current() const {
  return to_status(set_device(device_), "choosing the device");
}

Buffer::Buffer(Buffer&& other) noexcept
    : place_(other.place_),
      memory_(std::exchange(other.memory_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(place_, other.place_);
  std::swap(memory_, other.memory_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

CudaError Buffer::reserve(Place place, int64_t bytes) {
  if (memory_ != nullptr && place == place_ && bytes <= bytes_) return 0;
  release();
  place_ = place;
  const CudaError error =
      place == Place::kDevice ? allocate(bytes, memory_) : allocate_host(bytes, memory_);
  if (error != 0)
    memory_ = nullptr;
  else
    bytes_ = bytes;
  return error;
}

void Buffer::release() {
  if (memory_ == nullptr) return;
  if (place_ == Place::kDevice)
    deallocate(memory_);
  else
    deallocate_host(memory_);
  memory_ = nullptr;
  bytes_ = 0;
}

Result<Buffer> upload(const DeviceContext& context, std::span<const uint8_t> bytes) {
  Buffer buffer;
  const auto size = static_cast<int64_t>(bytes.size());
  FOVEA_TRY(to_status(buffer.reserve(Buffer::Place::kDevice, std::max<int64_t>(size, 1)),
                      "memory for weights"));
  FOVEA_TRY(to_status(copy_to_device(buffer.data(), bytes.data(), size, context.stream()),
                      "copying weights"));
  // The bytes may go when this returns.
  FOVEA_TRY(to_status(synchronize(context.stream()), "copying weights"));
  return buffer;
}

Result<Buffer> upload_channels(const DeviceContext& context, const std::vector<float>& values,
                               int64_t channels) {
  std::vector<float> padded(static_cast<size_t>(planes_of(channels) * kPlaneChannels), 0.0f);
  std::copy(values.begin(), values.end(), padded.begin());
  const auto* bytes = reinterpret_cast<const uint8_t*>(padded.data());
  return upload(context, {bytes, padded.size() * sizeof(float)});
}

}  // namespace fovea::cuda
