// A model file in, a Model out: the format is told by its bytes, the architecture by its tensors.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "engine/model.h"
#include "engine/weights.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// Limits that keep a hostile file from costing more than its size deserves, and what the caller
/// knows of the model.
struct LoadLimits {
  size_t max_file_bytes = size_t{4} << 30;

  /// For networks whose file does not tell their scale (FSRCNN) or that have several (CARN); others
  /// have their own.
  std::optional<Scale> scale;

  /// Metadata that the file lacks or has otherwise (loaders/architectures/README.md).
  std::map<std::string, std::string> metadata{};
};

/// Loads safetensors, what torch.save writes, ONNX, ncnn given its .param or its .bin, or a
/// TensorFlow.js layers model given its model.json. kModel, led by the file's name, for what cannot
/// be read, is broken, or is an architecture this version does not run (named where it can be
/// told).
Result<Model> load_model(const std::filesystem::path& path, const LoadLimits& limits = {});

/// The same of a file that is in memory, of a format that needs no second file: safetensors, what
/// torch.save writes, ONNX. `name` leads its errors. The model may point into the bytes.
Result<Model> load_model(const FileBytes& bytes, const std::string& name,
                         const LoadLimits& limits = {});

/// Named tensors, and the model that they are.
struct LoadedWeights {
  Weights weights;
  Model model;
};

/// The same of a file of named tensors, safetensors or torch.save's, with the tensors.
Result<LoadedWeights> load_weights(const std::filesystem::path& path,
                                   const LoadLimits& limits = {});
Result<LoadedWeights> load_weights(const FileBytes& bytes, const std::string& name,
                                   const LoadLimits& limits = {});

}  // namespace fovea
