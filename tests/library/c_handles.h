// Handles of fovea.h that close themselves, and a picture's samples, for the tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/fovea.h"

namespace fovea_test {

struct Close {
  void operator()(fovea_model* model) const { fovea_model_close(model); }
  void operator()(fovea_upscaler* upscaler) const { fovea_upscaler_destroy(upscaler); }
};
using ModelHandle = std::unique_ptr<fovea_model, Close>;
using UpscalerHandle = std::unique_ptr<fovea_upscaler, Close>;

inline ModelHandle open_model(const std::string& name, double scale = 0) {
  fovea_model_options options = FOVEA_MODEL_OPTIONS_INIT;
  options.scale = scale;
  fovea_model* model = nullptr;
  fovea_error error;
  EXPECT_EQ(fovea_model_open(name.c_str(), &options, &model, &error), FOVEA_OK) << error.message;
  return ModelHandle(model);
}

inline fovea_upscaler_options two_threads(double scale = 0) {
  fovea_upscaler_options options = FOVEA_UPSCALER_OPTIONS_INIT;
  options.threads = 2;
  options.scale = scale;
  return options;
}

inline UpscalerHandle make_upscaler(const ModelHandle& model,
                                    const fovea_upscaler_options& options = two_threads()) {
  fovea_upscaler* upscaler = nullptr;
  fovea_error error;
  EXPECT_EQ(fovea_upscaler_create(model.get(), &options, &upscaler, &error), FOVEA_OK)
      << error.message;
  return UpscalerHandle(upscaler);
}

inline int64_t row_bytes(const fovea_shape& shape) {
  return shape.width * shape.channels * static_cast<int64_t>(shape.sample);
}

/// Random bytes, which are samples of 8 or 16 bits; for floats random values in 0...1.
inline std::vector<uint8_t> random_samples(const fovea_shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<uint8_t> samples(static_cast<size_t>(row_bytes(shape) * shape.height));
  if (shape.sample != FOVEA_F32) {
    for (uint8_t& byte : samples) byte = static_cast<uint8_t>(random());
    return samples;
  }
  for (size_t at = 0; at < samples.size(); at += sizeof(float)) {
    const float value = static_cast<float>(random() % 4096) / 4095.0f;
    std::memcpy(samples.data() + at, &value, sizeof value);
  }
  return samples;
}

inline fovea_shape output_of(const UpscalerHandle& upscaler, const fovea_shape& input) {
  fovea_shape output{};
  EXPECT_EQ(fovea_upscaler_output(upscaler.get(), &input, &output, nullptr), FOVEA_OK);
  return output;
}

/// The result without gaps.
inline std::vector<uint8_t> upscale(const UpscalerHandle& upscaler, const fovea_shape& input,
                                    const std::vector<uint8_t>& samples) {
  const fovea_shape output = output_of(upscaler, input);
  std::vector<uint8_t> result(static_cast<size_t>(row_bytes(output) * output.height), 0xA5);
  fovea_error error;
  EXPECT_EQ(
      fovea_upscale(upscaler.get(), &input, samples.data(), 0, result.data(), 0, nullptr, &error),
      FOVEA_OK)
      << error.message;
  return result;
}

}  // namespace fovea_test
