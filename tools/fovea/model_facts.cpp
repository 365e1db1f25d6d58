#include "tools/fovea/model_facts.h"

#include <filesystem>
#include <utility>

#include "tools/fovea/known_models.h"
#include "tools/fovea/sha256.h"

namespace fovea::cli {
namespace {

// The first of the keys in use; texts of a file may be of any length.
std::string licence_in_metadata(const Model& model) {
  constexpr size_t kMostShown = 200;
  for (const char* key : {"license", "licence", "modelspec.license"}) {
    const auto found = model.metadata.find(key);
    if (found != model.metadata.end() && !found->second.empty())
      return found->second.substr(0, kMostShown);
  }
  return {};
}

Status add_file_facts(const FoundModel& found, const Model& model, ModelFacts& facts) {
  const std::filesystem::path& path = found.path;
  if (found.is_built_in()) {
    facts.sha256 = sha256_hex(found.bytes.span());
  } else {
    FOVEA_ASSIGN_OR_RETURN(facts.sha256, file_sha256(path));
  }
  if (model.format == "ncnn") {
    std::filesystem::path other = path;
    other.replace_extension(path.extension() == ".bin" ? ".param" : ".bin");
    FOVEA_ASSIGN_OR_RETURN(facts.bin_sha256, file_sha256(other));
    if (path.extension() == ".bin") std::swap(facts.sha256, facts.bin_sha256);
  }
  facts.licence = licence_in_metadata(model);
  facts.licence_from = facts.licence.empty() ? "" : "its metadata";
  // ncnn's weights are in the .bin file: one .param may be that of many models.
  const std::string& weights = facts.bin_sha256.empty() ? facts.sha256 : facts.bin_sha256;
  if (!facts.licence.empty()) return {};
  if (const auto known = known_file(weights)) {
    facts.licence = known->licence;
    facts.licence_from = "its sha256";
  }
  return {};
}

}  // namespace

Result<ModelFacts> model_facts(const FoundModel& found, const Model& model) {
  const Graph& graph = model.graph;
  ModelFacts facts;
  facts.in_channels = graph.value(graph.input()).channels - (model.condition ? 1 : 0);
  facts.out_channels = graph.value(graph.output()).channels;
  facts.parameters = parameter_count(graph);
  facts.receptive_radius = receptive_radius(graph);
  // Any size that the padding divides would do: the count is proportional to the area. 240 has many
  // divisors.
  const Size input{240 * model.padding_multiple, 240 * model.padding_multiple};
  FOVEA_ASSIGN_OR_RETURN(const int64_t products, multiply_accumulates(graph, input));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Size> sizes, infer_sizes(graph, input));
  const Size output = sizes[static_cast<size_t>(graph.output())];
  // 1e-9 of an operation for each 1e-6 of a pixel.
  facts.gflop_per_megapixel =
      2.0 * static_cast<double>(products) / static_cast<double>(output.area()) * 1e-3;
  if (found.is_classical()) return facts;
  FOVEA_ASSIGN_OR_RETURN(facts.half, judge_half_safety(model));
  FOVEA_TRY(add_file_facts(found, model, facts));
  return facts;
}

}  // namespace fovea::cli
