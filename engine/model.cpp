#include "engine/model.h"

#include "engine/append_graph.h"

namespace fovea {
namespace {

struct Classical {
  std::string_view name;
  Resize resize;
};

const Classical kClassical[] = {
    {"nearest", {ResizeFilter::kNearest, kUnknownScale, -0.5, true}},
    {"bilinear", {ResizeFilter::kBilinear, kUnknownScale, -0.5, true}},
    {"bicubic", {ResizeFilter::kBicubic, kUnknownScale, -0.5, true}},
    {"lanczos", {ResizeFilter::kLanczos3, kUnknownScale, -0.5, true}},
};

// `graph` with `first` before its first operator, on an input of the same channels.
Result<Graph> prepend(const Graph& graph, const Operator& first) {
  Graph result;
  const ValueId input = result.add_input(graph.value(graph.input()).channels, "picture");
  FOVEA_ASSIGN_OR_RETURN(const ValueId enlarged, result.add(first, {input}, "resize_before"));
  FOVEA_ASSIGN_OR_RETURN(const ValueId output, append_graph(result, enlarged, graph));
  result.set_output(output);
  return result;
}

}  // namespace

Result<Model> with_scale(Model model, Scale scale) {
  if (!model.resize_before) {
    if (model.scale == scale) return model;
    return fail(ErrorCode::kUsage, "the network's scale is {}, not {}", to_string(model.scale),
                to_string(scale));
  }
  Resize resize = *model.resize_before;
  resize.scale = scale;
  FOVEA_ASSIGN_OR_RETURN(model.graph, prepend(model.graph, resize));
  model.resize_before.reset();
  model.scale = scale;
  return model;
}

std::optional<Model> classical_model(std::string_view name) {
  for (const Classical& classical : kClassical) {
    if (classical.name != name) continue;
    Model model;
    model.graph.add_input(3);
    model.resize_before = classical.resize;
    model.architecture = std::string(name);
    model.format = "built-in";
    return model;
  }
  return std::nullopt;
}

std::vector<std::string_view> classical_model_names() {
  std::vector<std::string_view> names;
  for (const Classical& classical : kClassical) names.push_back(classical.name);
  return names;
}

}  // namespace fovea
