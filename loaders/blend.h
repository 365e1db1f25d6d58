// Interpolation of networks: the weighted sum of their weights, tensor by tensor (Wang et al. 2018,
// ESRGAN, section 3.4, arXiv 1809.00219).
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "loaders/load_model.h"

namespace fovea {

/// One network of a blend.
struct BlendPart {
  const Weights& weights;
  double factor;
  std::string name;  ///< for errors
};

/// sum of factor * weights: every tensor of every part with the same name and shape in all. Sums
/// are in f64 and rounded once, to f32. Tensors of integers (counters of training) are the first
/// part's. Metadata that all parts share is kept. kModel, naming the tensor and the two parts,
/// where they do not match; kNumeric where a sum is not finite.
Result<Weights> blend_weights(std::span<const BlendPart> parts);

/// The model that blend_weights gives.
Result<Model> blend_models(std::span<const BlendPart> parts, const LoadLimits& limits = {});

/// A file of a blend.
struct BlendFile {
  std::filesystem::path path;
  double factor;
};

/// The same of files. What load_weights and blend_weights say.
Result<Model> load_blend(std::span<const BlendFile> files, const LoadLimits& limits = {});

}  // namespace fovea
