// Rows on their way through shared memory on Hopper: one thread of a block loads them into a ring
// of stages by the bulk copy engine, each stage with a barrier that says it is full and one that
// says it is empty again, and warpgroups multiply them there.
#pragma once

#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/mbarrier.cuh"

namespace fovea::cuda {

/// The barriers of `stages` stages, each read by `readers` warps, and that of the weights: by one
/// thread, before all meet.
FOVEA_DEVICE void init_row_ring(uint64_t* full, uint64_t* empty, int stages, int readers,
                                uint64_t* weights_full) {
  for (int i = 0; i < stages; i++) {
    mbarrier_init(full + i, 1);
    mbarrier_init(empty + i, readers);
  }
  mbarrier_init(weights_full, 1);
  mbarrier_init_fence();
}

/// The thread that loads.
template <int kStages, int kStageBytes, int kRowBytes>
class RowLoader {
 public:
  FOVEA_DEVICE RowLoader(uint8_t* rows, uint64_t* full, uint64_t* empty)
      : rows_(rows), full_(full), empty_(empty) {}

  /// Row `slot` of the map's ring, from pixel `column` on, into the next stage once that is empty.
  FOVEA_DEVICE void load(const TensorMap* input, int column, int slot) {
    mbarrier_wait(empty_ + stage_, phase_);
    mbarrier_arrive_expect_bytes(full_ + stage_, kRowBytes);
    tensor_load_3d(rows_ + stage_ * kStageBytes, input, full_ + stage_, 2 * column, slot, 0);
    if (++stage_ == kStages) {
      stage_ = 0;
      phase_ ^= 1;
    }
  }

 private:
  uint8_t* const rows_;
  uint64_t* const full_;
  uint64_t* const empty_;
  int stage_ = 0;
  uint32_t phase_ = 1;  // nothing has been read yet: the first wait for each stage returns at once
};

/// A warpgroup's place in the ring.
template <int kStages>
class RowReader {
 public:
  FOVEA_DEVICE RowReader(uint64_t* full, uint64_t* empty) : full_(full), empty_(empty) {}

  FOVEA_DEVICE int stage() const { return stage_; }

  /// Until the stage's row is there.
  FOVEA_DEVICE void wait() const { mbarrier_wait(full_ + stage_, phase_); }

  /// Goes on to the next stage; the barrier by which each warp gives back the one it leaves, when
  /// it has been read.
  FOVEA_DEVICE uint64_t* pass() {
    uint64_t* const read = empty_ + stage_;
    if (++stage_ == kStages) {
      stage_ = 0;
      phase_ ^= 1;
    }
    return read;
  }

 private:
  uint64_t* const full_;
  uint64_t* const empty_;
  int stage_ = 0;
  uint32_t phase_ = 0;
};

}  // namespace fovea::cuda
