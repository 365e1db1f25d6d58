// TensorFlow.js layers models: Keras networks as model.json and shards of weights beside it, as
// tensorflowjs_converter writes them. https://www.tensorflow.org/js/guide/models_and_layers
#pragma once

#include "engine/model.h"
#include "loaders/formats/tfjs_weights.h"

namespace fovea {

inline constexpr size_t kMaxTfjsJsonBytes = size_t{16} << 20;
inline constexpr int kMaxTfjsDepth = 64;

/// The network of a model.json, its shards read by `read_shard`. Channels-last stride-1 networks of
/// the layers that super-resolution models have (loaders/formats/README.md). Values are those of
/// userDefinedMetadata.range, or 0...255 for RDN and 0...1 for RRDN by the names that idealo's
/// image-super-resolution gives layers. kModel for whatever breaks a rule or is not known.
Result<Model> read_tfjs(const FileBytes& json, const TfjsShardReader& read_shard);

}  // namespace fovea
