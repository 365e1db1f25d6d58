#include "loaders/formats/onnx/onnx_weights.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "loaders/formats/onnx/onnx_messages.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"

namespace fovea {
namespace {

// A path of modules, "body.0.weight"; the exporters' own names have other marks.
bool is_module_path(std::string_view name) {
  return name.find('.') != name.npos && name.find_first_of(":/") == name.npos;
}

bool is_float(const OnnxTensor& tensor) {
  for (const OnnxType type :
       {OnnxType::kFloat, OnnxType::kFloat16, OnnxType::kDouble, OnnxType::kBfloat16}) {
    if (tensor.type == static_cast<int64_t>(type)) return true;
  }
  return false;
}

// "body.1.weight" for "body.0.weight". No value for names that end otherwise.
std::optional<std::string> name_behind(std::string_view weight) {
  constexpr std::string_view kEnd = ".weight";
  if (!weight.ends_with(kEnd)) return std::nullopt;
  const std::string_view module = weight.substr(0, weight.size() - kEnd.size());
  const size_t dot = module.rfind('.');
  const size_t begin = dot == module.npos ? 0 : dot + 1;
  int index = 0;
  const auto [end, error] =
      std::from_chars(module.data() + begin, module.data() + module.size(), index);
  if (error != std::errc() || end != module.data() + module.size() || index < 0 || index > 99'999)
    return std::nullopt;
  return fmt::format("{}{}{}", module.substr(0, begin), index + 1, kEnd);
}

// What PReLU's slopes were called before they were exported, by their names now.
std::map<std::string_view, std::string> slope_names(const OnnxModel& model) {
  std::map<std::string_view, std::string_view> weight_of;  // of the convolution that makes a value
  std::map<std::string_view, std::string> names;
  for (const OnnxNode& node : model.nodes) {
    if (node.inputs.size() < 2 || node.outputs.empty()) continue;
    if (node.type == "Conv") weight_of[node.outputs[0]] = node.inputs[1];
    const auto before = weight_of.find(node.inputs[0]);
    if (node.type != "PRelu" || is_module_path(node.inputs[1]) || before == weight_of.end())
      continue;
    if (auto name = name_behind(before->second)) names[node.inputs[1]] = std::move(*name);
  }
  return names;
}

}  // namespace

Result<Weights> read_onnx_weights(const FileBytes& file, FilesBeside beside) {
  FOVEA_ASSIGN_OR_RETURN(const OnnxModel model, decode_onnx(file.span()));
  const auto slopes = slope_names(model);
  std::set<std::string_view> read;  // by what has weights
  for (const OnnxNode& node : model.nodes) {
    if (node.type != "Conv" && node.type != "ConvTranspose" && node.type != "BatchNormalization" &&
        node.type != "PRelu")
      continue;
    read.insert(node.inputs.begin(), node.inputs.end());
  }
  Weights weights;
  for (const OnnxTensor& tensor : model.initializers) {
    if (!is_float(tensor) || !(read.contains(tensor.name) || is_module_path(tensor.name))) continue;
    FOVEA_ASSIGN_OR_RETURN(WeightTensor weight, to_weight(tensor, {file, beside}));
    if (const auto slope = slopes.find(tensor.name); slope != slopes.end()) {
      weight.name = slope->second;
      weight.shape = {weight.element_count()};
    }
    FOVEA_TRY(weights.add(std::move(weight)));
  }
  for (const auto& [key, value] : model.metadata) weights.metadata.emplace(key, value);
  return weights;
}

}  // namespace fovea
