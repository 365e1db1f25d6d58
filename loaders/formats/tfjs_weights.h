// The weights of a TensorFlow.js model: a manifest in its model.json, bytes in shards beside it.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/weights.h"
#include "loaders/formats/file_bytes.h"
#include "loaders/formats/strict_json.h"

namespace fovea {

/// The bytes of a shard by its name, a plain file name beside model.json.
using TfjsShardReader = std::function<Result<FileBytes>(const std::string& name)>;

/// The tensors of a weightsManifest by their names, as f32 in TensorFlow's order of dimensions.
/// Quantised ones are value * scale + min in f64, rounded once, as TensorFlow.js computes them.
/// kModel: shards whose names are not plain, sizes that do not add up, other types, a name twice,
/// non-finite values.
Result<std::map<std::string, WeightTensor, std::less<>>> read_tfjs_weights(
    const Json& manifest, const TfjsShardReader& read_shard);

}  // namespace fovea
