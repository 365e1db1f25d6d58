// The order of work of a sweep: band after band down the picture, each step producing the rows it
// can.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/backend.h"

namespace fovea {

/// A step and the rows of its output to produce; kInputPiece stands for the arrival of input rows.
struct SweepPiece {
  static constexpr int kInput = -1;
  int step = kInput;
  RowRange rows;
};

/// Walks a network over a picture in rounds. Each round a band of input rows arrives and every step
/// in turn produces the rows whose needs are met, a band's worth at most, so that maps need to keep
/// few rows. Nothing is computed twice. A step that wants a whole map waits for it, and the steps
/// behind it then go on band by band. What is read only beside another input (a residual, the base
/// of a sum) is produced no sooner than its readers want it next. The plan walks it to learn how
/// many rows each map must keep; run_swept walks it to do the work.
class Sweep {
 public:
  /// `sizes` by ValueId (infer_sizes). `band_height` >= 1 input rows. Both references must outlive
  /// the sweep.
  Sweep(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
        int64_t band_height);

  /// The next piece of work; false when the picture is done.
  bool next(SweepPiece& piece);

  /// Rows [0, produced(value)) of `value` exist, among them those of the last piece.
  int64_t produced(ValueId value) const { return produced_[static_cast<size_t>(value)]; }

  /// The first row of `value` that a piece still to come may read: of its height where none will.
  int64_t first_needed(ValueId value) const;

 private:
  int64_t height(ValueId value) const { return sizes_[static_cast<size_t>(value)].height; }
  bool can_produce(const Step& step, int64_t end) const;
  int64_t producible_end(const Step& step) const;
  int64_t pace(const Step& step) const;
  int64_t wanted_end(const Step& step) const;

  struct Reader {
    size_t step;
    size_t input;
  };

  const Graph& graph_;
  const Steps& steps_;
  const std::vector<Size>& sizes_;
  int64_t band_height_;
  std::vector<std::vector<Reader>> readers_;  // by ValueId
  std::vector<int64_t> produced_;             // by ValueId
  bool moved_ = false;                        // in this round
  size_t cursor_;  // the step to look at next; steps_.size(): the next round
};

}  // namespace fovea
