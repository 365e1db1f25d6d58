// How the kernels that walk down columns of the picture share it: strips of columns, runs of rows.
//
// The rows of all strips, one strip below the other, are one long list; slot s of n (a slot is a
// consumer that walks on its own: a warpgroup) has items [s total / n, (s + 1) total / n) of it. So
// slots differ by one row at most whatever the picture's size, and no list of jobs lies in memory.
// A slot whose share passes the end of a strip has two runs (or more, where strips are short).
#pragma once

#include <cstdint>

#include "kernels/cuda/device/device.cuh"

namespace fovea::cuda {

/// Rows [first_row, last_row) of strip `strip`.
struct StripRun {
  int strip = 0;
  int first_row = 0;
  int last_row = 0;
};

/// The runs of one slot, from the left strip to the right.
class StripRuns {
 public:
  FOVEA_HOST_DEVICE StripRuns(int strips, int first_row, int last_row, int slot, int slots)
      : first_row_(first_row), rows_(last_row - first_row) {
    const int64_t total = static_cast<int64_t>(strips) * rows_;
    const int64_t begin = total * slot / slots;
    left_ = static_cast<int>(total * (slot + 1) / slots - begin);
    strip_ = static_cast<int>(begin / rows_);
    row_ = static_cast<int>(begin - static_cast<int64_t>(strip_) * rows_);
  }

  /// False when there is none left.
  FOVEA_HOST_DEVICE bool next(StripRun& run) {
    if (left_ == 0) return false;
    const int below = rows_ - row_;
    const int count = left_ < below ? left_ : below;
    run = {strip_, first_row_ + row_, first_row_ + row_ + count};
    left_ -= count;
    row_ = 0;
    strip_++;
    return true;
  }

 private:
  int first_row_;
  int rows_;
  int left_;
  int strip_;
  int row_;
};

}  // namespace fovea::cuda
