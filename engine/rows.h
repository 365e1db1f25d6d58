// Rows of a network's input and output, on their way from and to whoever has them.
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <utility>

#include "engine/sample_type.h"
#include "engine/status.h"
#include "engine/tensor.h"

namespace fovea {

/// Rows (W, C) of a picture's samples without gaps, in memory that holds some of them.
struct SampleRows {
  uint8_t* data = nullptr;
  int64_t row_bytes = 0;
  int64_t ring_rows = 1;

  uint8_t* row(int64_t y) const { return data + y % ring_rows * row_bytes; }
};

/// Writes rows of the input map. Called with rows in order, each once.
struct RowSource {
  /// Rows `rows` of the map; what went wrong, if anything did.
  std::function<Status(RowRange rows, TensorView input)> values;

  /// The same rows as integers, where they are that times a factor, for a device that converts
  /// them: a quarter or half of the bytes to move. Empty where they are not.
  std::function<void(RowRange rows, const SampleRows& input)> samples;
  SampleType type = SampleType::kF32;  ///< of `samples`
  float factor = 1.0f;                 ///< value = factor * (sample / largest sample); of f32: 1

  RowSource() = default;
  template <std::invocable<RowRange, TensorView> Values>
  RowSource(Values rows) : values(std::move(rows)) {}

  bool has_samples() const { return type != SampleType::kF32; }
};

/// Takes rows of the output map, in order, each once; they are gone when it returns.
struct RowSink {
  std::function<Status(RowRange rows, ConstTensorView output)> values;

  /// The same rows, each sample rounded to nearest from its value times `factor`, held to 0...1.
  /// Whoever rounded them tells of values that were not finite.
  std::function<void(RowRange rows, const SampleRows& output)> samples;
  SampleType type = SampleType::kF32;
  float factor = 1.0f;

  RowSink() = default;
  template <std::invocable<RowRange, ConstTensorView> Values>
  RowSink(Values rows) : values(std::move(rows)) {}

  bool has_samples() const { return type != SampleType::kF32; }
};

}  // namespace fovea
