// TensorFlow.js models made in memory, valid or not.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "loaders/formats/tfjs.h"
#include "tests/model_files.h"

namespace fovea::test {

// A Keras layer: `config` are the members of its config beside the name.
inline std::string keras_layer(std::string_view type, std::string_view name,
                               const std::string& config, const std::vector<std::string>& inputs) {
  std::string links;
  for (const std::string& input : inputs)
    links += fmt::format(R"({}["{}",0,0,{{}}])", links.empty() ? "" : ",", input);
  return fmt::format(R"({{"class_name":"{}","name":"{}","config":{{"name":"{}"{}{}}},)"
                     R"("inbound_nodes":[{}]}})",
                     type, name, name, config.empty() ? "" : ",", config,
                     inputs.empty() ? "" : "[" + links + "]");
}

inline const std::string kTfjsInput =
    keras_layer("InputLayer", "in", R"("batch_input_shape":[null,null,null,3])", {});

// A tensor of the manifest; `more` as `,"quantization":{...}`.
inline std::string tfjs_tensor(std::string_view name, std::string_view shape,
                               std::string_view more = "") {
  return fmt::format(R"({{"name":"{}","shape":{},"dtype":"float32"{}}})", name, shape, more);
}

inline std::string joined(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ","));
}

// A model.json whose last layer is named out; its one shard is weights.bin.
inline std::string tfjs_json(const std::vector<std::string>& layers,
                             const std::vector<std::string>& tensors = {}) {
  return fmt::format(
      R"({{"format":"layers-model","userDefinedMetadata":{{"range":1}},"modelTopology":)"
      R"({{"model_config":{{"class_name":"Functional","config":{{"layers":[{}],)"
      R"("input_layers":[["in",0,0]],"output_layers":[["out",0,0]]}}}}}},)"
      R"("weightsManifest":[{{"paths":["weights.bin"],"weights":[{}]}}]}})",
      joined(layers), joined(tensors));
}

inline Result<Model> read_tfjs_text(std::string_view json, std::string_view shard = "") {
  return read_tfjs(file_bytes(json),
                   [&](const std::string&) -> Result<FileBytes> { return file_bytes(shard); });
}

}  // namespace fovea::test
