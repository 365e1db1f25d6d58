#include "tests/real_networks.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "loaders/load_model.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

const std::string kRandomSrcnn = "srcnn-955-random";

// 1 -> 64 -> 32 -> 1 channels. The last layer's weights make luma between 0 and 1 come out mostly
// there too.
Result<Model> random_srcnn() {
  RandomValues random(955);
  Model model;
  Graph& graph = model.graph;
  ValueId value = graph.add_input(1);
  for (const auto& [channels, kernel] : {std::pair<int64_t, int64_t>{64, 9}, {32, 5}}) {
    FOVEA_ASSIGN_OR_RETURN(value, random.convolution(graph, value, channels, kernel, kernel));
    FOVEA_ASSIGN_OR_RETURN(
        value, graph.add(Activate{{ActivationKind::kRelu, 0.0f, kNoParameter}}, {value}, "relu"));
  }
  Convolution last;
  last.weight = random.parameter(graph, "weight", {1, 32, 5, 5}, 0.02f);
  const std::vector<float> gray{0.5f};
  last.bias = graph.add_parameter(make_weight("bias", {1}, gray));
  last.out_channels = 1;
  last.kernel_h = last.kernel_w = 5;
  FOVEA_TRY(graph.add(last, {value}, "last"));
  model.colour = ColourMode::kLuma;
  model.scale = {1, 1};
  model.architecture = "SRCNN";
  return model;
}

}  // namespace

std::optional<std::filesystem::path> folder_from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

bool long_run() { return folder_from_environment("FOVEA_LONG").has_value(); }

const std::vector<std::string>& real_network_names() {
  static const std::vector<std::string> names{"realesr-animevideov3-x2", "realesr-animevideov3-x3",
                                              "realesr-animevideov3-x4", "realesrgan-x4plus-anime",
                                              "realesrgan-x4plus",       kRandomSrcnn};
  return names;
}

Result<Model> load_real_network(const std::string& name) {
  if (name == kRandomSrcnn) return random_srcnn();
  const auto folder = folder_from_environment("FOVEA_MODELS");
  if (!folder) return fail(ErrorCode::kModel, "FOVEA_MODELS is not set");
  const std::filesystem::path file = *folder / (name + ".param");
  if (!std::filesystem::exists(file))
    return fail(ErrorCode::kModel, "{} is not there; make models fetches it", file.string());
  return load_model(file);
}

std::string test_name(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace fovea::test
