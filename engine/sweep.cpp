#include "engine/sweep.h"

#include <algorithm>

#include "engine/rounding.h"

namespace fovea {

Sweep::Sweep(const Graph& graph, const Steps& steps, const std::vector<Size>& sizes,
             int64_t band_height)
    : graph_(graph),
      steps_(steps),
      sizes_(sizes),
      band_height_(band_height),
      readers_(sizes.size()),
      produced_(sizes.size(), 0),
      cursor_(steps.size()) {
  for (size_t s = 0; s < steps.size(); ++s) {
    for (size_t i = 0; i < steps[s]->inputs().size(); ++i)
      readers_[static_cast<size_t>(steps[s]->inputs()[i])].push_back({s, i});
  }
}

bool Sweep::next(SweepPiece& piece) {
  for (;;) {
    for (; cursor_ < steps_.size(); ++cursor_) {
      const Step& step = *steps_[cursor_];
      int64_t& done = produced_[static_cast<size_t>(step.output())];
      int64_t end = std::min({producible_end(step), wanted_end(step), done + pace(step)});
      if (end < height(step.output())) end = step.group_end(end);
      if (end <= done) continue;
      piece = {static_cast<int>(cursor_++), {done, end}};
      done = end;
      moved_ = true;
      return true;
    }
    // A round is over. It brings a band of the input while there is one; then the steps that lag
    // behind, or that waited for a whole map, go on at the same pace until nothing moves any more.
    int64_t& arrived = produced_[static_cast<size_t>(graph_.input())];
    const int64_t input_height = height(graph_.input());
    cursor_ = 0;
    if (arrived < input_height) {
      const int64_t end = std::min(arrived + band_height_, input_height);
      piece = {SweepPiece::kInput, {arrived, end}};
      arrived = end;
      return true;
    }
    if (!moved_) return false;
    moved_ = false;
  }
}

int64_t Sweep::pace(const Step& step) const {
  const int64_t output_height = height(step.output());
  const int64_t granule = std::min(step.row_granule(), output_height);
  const Scale scale = graph_.value(step.output()).scale;
  // One row at least: a map of one pixel for the whole picture has no scale.
  const int64_t rows =
      std::max<int64_t>(ceil_divide(band_height_ * scale.numerator, scale.denominator), 1);
  return round_up(rows, granule);
}

int64_t Sweep::wanted_end(const Step& step) const {
  const int64_t all = height(step.output());
  int64_t wanted = 0;
  for (const Reader& reader : readers_[static_cast<size_t>(step.output())]) {
    if (reader.input == 0) return all;
    const Step& reading = *steps_[reader.step];
    const int64_t out_height = height(reading.output());
    const int64_t begin = produced(reading.output());
    const RowRange next{begin, std::min(begin + pace(reading), out_height)};
    if (next.begin >= next.end) continue;
    wanted = std::max(wanted, reading.rows_needed(reader.input, next, all, out_height).end);
  }
  if (readers_[static_cast<size_t>(step.output())].empty()) return all;
  // Whole groups of rows, so that the last of them can be produced.
  if (wanted == 0) return 0;
  return std::min(round_up(wanted + step.rows_above(), step.row_granule()) - step.rows_above(),
                  all);
}

int64_t Sweep::first_needed(ValueId value) const {
  int64_t first = height(value);
  for (const Reader& reader : readers_[static_cast<size_t>(value)]) {
    const Step& step = *steps_[reader.step];
    const int64_t row = produced(step.output());
    const int64_t out_height = height(step.output());
    if (row == out_height) continue;
    first = std::min(
        first, step.rows_needed(reader.input, {row, row + 1}, height(value), out_height).begin);
  }
  return first;
}

bool Sweep::can_produce(const Step& step, int64_t end) const {
  for (size_t i = 0; i < step.inputs().size(); ++i) {
    const ValueId input = step.inputs()[i];
    const RowRange need = step.rows_needed(i, {end - 1, end}, height(input), height(step.output()));
    if (need.end > produced(input)) return false;
  }
  return true;
}

int64_t Sweep::producible_end(const Step& step) const {
  // can_produce() holds up to some row and not beyond: bisect between what is done and what there
  // is.
  int64_t low = produced(step.output());
  int64_t high = height(step.output());
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (can_produce(step, middle))
      low = middle;
    else
      high = middle - 1;
  }
  if (low == height(step.output())) return low;
  return step.group_end(low);
}

}  // namespace fovea
