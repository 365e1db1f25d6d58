// Operators that read other pixels than the one they write: continued, cut, pooled, sampled maps.
#include <algorithm>
#include <cmath>

#include "engine/mirror.h"
#include "kernels/reference/reference.h"

namespace fovea::reference {
namespace {

// The sample of a map of `length` that stands at `index`, which may lie beyond it; -1: zero.
int64_t source_of(PadMode mode, int64_t index, int64_t length) {
  if (index >= 0 && index < length) return index;
  switch (mode) {
    case PadMode::kZero:
      return -1;
    case PadMode::kReflect:
      return mirrored(index, length);
    case PadMode::kReplicate:
      break;
  }
  return std::clamp<int64_t>(index, 0, length - 1);
}

// Where a sample lies between two: at `low` and `high`, `share` of the way to the latter.
struct Between {
  int64_t low;
  int64_t high;
  float share;
};

// `offset` from sample `index`, clamped to the map. Offset and index apart, so that nothing is lost
// on wide maps. What is not a number lies at the border, and the share passes it on.
Between between(int64_t index, float offset, int64_t length) {
  const float whole = std::floor(offset);
  const float last = static_cast<float>(length);
  const auto base = index + static_cast<int64_t>(whole > -last ? std::min(whole, last) : -last);
  if (base < 0) return {0, 0, offset - offset};
  if (base >= length - 1) return {length - 1, length - 1, offset - offset};
  return {base, base + 1, offset - whole};
}

}  // namespace

void pad(const Pad& op, ConstTensorView input, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    const int64_t row = source_of(op.mode, y - op.margin, input.height);
    for (int64_t x = 0; x < output.width; ++x) {
      const int64_t column = source_of(op.mode, x - op.margin, input.width);
      if (row < 0 || column < 0)
        std::fill_n(output.at(y, x), output.channels, 0.0f);
      else
        std::copy_n(input.at(row, column), output.channels, output.at(y, x));
    }
  }
}

void crop(const Crop& op, ConstTensorView input, TensorView output, RowRange rows) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x)
      std::copy_n(input.at(y + op.margin, x + op.margin), output.channels, output.at(y, x));
  }
}

void pool(const Pool& op, ConstTensorView input, TensorView output, RowRange rows) {
  const float area = static_cast<float>(op.kernel * op.kernel);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x) {
      float* out = output.at(y, x);
      const int64_t top = op.margin + y * op.stride;
      const int64_t left = op.margin + x * op.stride;
      std::copy_n(input.at(top, left), output.channels, out);
      for (int64_t n = 1; n < op.kernel * op.kernel; ++n) {
        const float* in = input.at(top + n / op.kernel, left + n % op.kernel);
        for (int64_t c = 0; c < output.channels; ++c) {
          if (op.kind == PoolKind::kAverage)
            out[c] += in[c];
          else if (!(in[c] <= out[c]))  // NaN is passed on
            out[c] = out[c] != out[c] ? out[c] : in[c];
        }
      }
      for (int64_t c = 0; op.kind == PoolKind::kAverage && c < output.channels; ++c) out[c] /= area;
    }
  }
}

void grid_sample(const GridSample& op, ConstTensorView input, ConstTensorView offsets,
                 TensorView output, RowRange rows) {
  const int64_t r = op.factor;
  const int64_t together = output.channels / op.groups;
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < output.width; ++x) {
      const float* offset = offsets.at(y / r, x / r) + (y % r) * r + x % r;
      for (int64_t g = 0; g < op.groups; ++g, offset += r * r) {
        const Between column = between(x / r, offset[0], input.width);
        const Between row = between(y / r, offset[op.groups * r * r], input.height);
        const int64_t first = g * together;
        const float* a = input.at(row.low, column.low) + first;
        const float* b = input.at(row.low, column.high) + first;
        const float* c = input.at(row.high, column.low) + first;
        const float* d = input.at(row.high, column.high) + first;
        float* out = output.at(y, x) + first;
        for (int64_t k = 0; k < together; ++k) {
          const float above = a[k] + column.share * (b[k] - a[k]);
          const float below = c[k] + column.share * (d[k] - c[k]);
          out[k] = above + row.share * (below - above);
        }
      }
    }
  }
}

}  // namespace fovea::reference
