// fovea info: what a model file holds.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/fovea/commands.h"
#include "tools/fovea/find_model.h"
#include "tools/fovea/model_facts.h"
#include "tools/fovea/version.h"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* colour_name(ColourMode mode) {
  switch (mode) {
    case ColourMode::kRgb:
      return "RGB";
    case ColourMode::kLuma:
      return "luma";
    case ColourMode::kGray:
      return "gray";
    case ColourMode::kGrayToRgb:
      return "gray to RGB";
    case ColourMode::kRgba:
      return "RGBA";
  }
  return "unknown";
}

std::string scale_text(const Model& model, bool classical) {
  if (model.scale.known()) return to_string(model.scale);
  return classical ? "any (-s)" : "not in the weights (-s)";
}

// A digest or nothing, for models that are no files.
Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

Json as_json(const Condition& condition) {
  Json object;
  object["name"] = condition.name;
  object["lowest"] = condition.lowest;
  object["highest"] = condition.highest;
  object["usual"] = nullptr;
  if (condition.usual) object["usual"] = *condition.usual;
  return object;
}

Json as_json(const HalfSafety& half) {
  Json object;
  object["safe"] = half.safe;
  object["largest_weight"] = half.largest_weight;
  object["largest_value"] = half.largest_value;  // JSON has no infinity: null
  object["result_error"] = half.result_error;
  object["judged"] =
      "weights and maps rounded to f16 on a 32x32 probe; error: rms in steps of 1/255";
  return object;
}

std::string as_json(const FoundModel& found, const Model& model, const ModelFacts& facts) {
  Json object;
  object["name"] = found.name;
  object["file"] = nullptr;
  if (!found.path.empty()) object["file"] = found.path.string();
  object["format"] = model.format;
  object["architecture"] = model.architecture;
  object["details"] = Json::object();
  for (const auto& [key, value] : model.details) object["details"][key] = value;
  object["scale"] = nullptr;
  if (model.scale.known()) object["scale"] = model.scale.value();
  object["colour"] = colour_name(model.colour);
  object["in_channels"] = facts.in_channels;
  object["out_channels"] = facts.out_channels;
  object["told"] = nullptr;
  if (model.condition) object["told"] = as_json(*model.condition);
  object["parameters"] = facts.parameters;
  object["gflop_per_megapixel"] = facts.gflop_per_megapixel;
  object["receptive_radius"] = nullptr;  // where it is the whole picture
  if (facts.receptive_radius != kWholePicture) object["receptive_radius"] = facts.receptive_radius;
  object["f16"] = facts.half ? as_json(*facts.half) : Json();
  object["sha256"] = or_null(facts.sha256);
  object["bin_sha256"] = or_null(facts.bin_sha256);
  object["licence"] = or_null(facts.licence);
  object["licence_from"] = or_null(facts.licence_from);
  return object.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string told_text(const Condition& condition) {
  return fmt::format("{}, {} to {}; {}", condition.name, condition.lowest, condition.highest,
                     condition.usual ? fmt::format("else {}", *condition.usual)
                                     : std::string("it has to be given"));
}

std::string half_text(const HalfSafety& half) {
  return fmt::format(
      "{}: rounded to it, a probe's result moves by {:.2g} of 255 (rms); largest value {:.4g}, "
      "weight "
      "{:.3g} (f16 holds 65504)",
      half.safe ? "safe" : "unsafe", half.result_error, half.largest_value, half.largest_weight);
}

std::string as_text(const FoundModel& found, const Model& model, const ModelFacts& facts) {
  std::string text;
  const auto add = [&](std::string_view key, const std::string& value) {
    text += fmt::format("{:<18}{}\n", key, one_line(value));
  };
  add("name", found.name);
  if (found.is_built_in()) add("file", "built in");
  if (!found.path.empty()) add("file", found.path.string());
  add("format", model.format);
  add("architecture", model.architecture);
  for (const auto& [key, value] : model.details) add("  " + key, value);
  add("scale", scale_text(model, found.is_classical()));
  add("colour", fmt::format("{} ({} -> {} channels)", colour_name(model.colour), facts.in_channels,
                            facts.out_channels));
  if (model.condition) add("told", told_text(*model.condition));
  add("parameters", std::to_string(facts.parameters));
  add("cost", fmt::format("{:.1f} GFLOP per output megapixel", facts.gflop_per_megapixel));
  add("receptive radius", facts.receptive_radius == kWholePicture
                              ? "the whole picture"
                              : fmt::format("{} pixels", facts.receptive_radius));
  if (facts.half) add("f16", half_text(*facts.half));
  if (!facts.sha256.empty()) add("sha256", facts.sha256);
  if (!facts.bin_sha256.empty()) add("sha256 of .bin", facts.bin_sha256);
  if (!facts.licence.empty())
    add("licence", fmt::format("{} (by {})", facts.licence, facts.licence_from));
  else if (!found.is_classical())
    add("licence", "not known: neither in the file nor a well-known file");
  add("runs on", backends_text());
  return text;
}

Result<std::string> describe(const InfoOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(const FoundModel found,
                         find_model(options.model, options.models_dir, options.scale));
  FOVEA_ASSIGN_OR_RETURN(const auto model, open_model(found, options.scale));
  FOVEA_ASSIGN_OR_RETURN(const ModelFacts facts, model_facts(found, *model));
  return options.json ? as_json(found, *model, facts) : as_text(found, *model, facts);
}

}  // namespace

int run_info(const InfoOptions& options) {
  const Result<std::string> text = describe(options);
  return text ? show_text(*text) : show_error(text.error());
}

}  // namespace fovea::cli
