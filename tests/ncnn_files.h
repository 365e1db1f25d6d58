// ncnn files made in memory, valid or not.
#pragma once

#include <fmt/format.h>

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/formats/ncnn.h"
#include "tests/model_files.h"

namespace fovea::test {

inline constexpr uint32_t kFloat16Tag = 0x01306B47;
inline constexpr uint32_t kFloat32Tag = 0x0002C056;
inline constexpr uint32_t kInt8Tag = 0x000D4B38;

inline std::string tagged(uint32_t tag, const std::string& data) {
  return little_endian(tag) + data;
}

inline std::string zeros(size_t floats) { return std::string(4 * floats, '\0'); }

// The .param text of `layers`, with the counts that they have.
inline std::string param_text(const std::vector<std::string>& layers) {
  std::string lines;
  size_t blobs = 0;
  for (const std::string& layer : layers) {
    std::istringstream words(layer);
    std::string type, name;
    size_t inputs = 0, outputs = 0;
    words >> type >> name >> inputs >> outputs;
    blobs += outputs;
    lines += layer + "\n";
  }
  return fmt::format("7767517\n{} {}\n{}", layers.size(), blobs, lines);
}

inline Result<Model> read_ncnn_text(std::string_view param, std::string_view bin = "") {
  return read_ncnn(file_bytes(param), file_bytes(bin));
}

inline Result<Model> read_ncnn_layers(const std::vector<std::string>& layers,
                                      std::string_view bin = "") {
  return read_ncnn_text(param_text(layers), bin);
}

inline const std::string kNcnnInput = "Input in 0 1 data 2=3";

}  // namespace fovea::test
