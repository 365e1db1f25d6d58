#include "kernels/cuda/finite_watch.h"

namespace fovea::cuda {
namespace {

constexpr auto kBytes = static_cast<int64_t>(sizeof(uint32_t));

}  // namespace

Status FiniteWatch::begin(bool on, Stream stream) {
  is_on_ = on;
  if (!on) return {};
  FOVEA_TRY(to_status(on_device_.reserve(Buffer::Place::kDevice, kBytes), "memory for a word"));
  FOVEA_TRY(to_status(on_host_.reserve(Buffer::Place::kHost, kBytes), "memory for a word"));
  return to_status(fill_bytes(on_device_.data(), 0, kBytes, stream), "clearing a word");
}

Status FiniteWatch::finish(Stream stream) {
  if (is_on_)
    FOVEA_TRY(to_status(copy_to_host(on_host_.data(), on_device_.data(), kBytes, stream),
                        "copying a word from the device"));
  FOVEA_TRY(to_status(synchronize(stream), "waiting for the device"));
  if (is_on_ && *on_host_.data<uint32_t>() != 0)
    return fail(ErrorCode::kNumeric,
                "the result holds a NaN or an infinity; the model's weights do not suit this "
                "picture");
  return {};
}

void FiniteWatch::release() {
  on_device_.release();
  on_host_.release();
}

}  // namespace fovea::cuda
