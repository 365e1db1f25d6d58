#include "tools/fovea/options.h"

#include "tools/fovea/device_names.h"
#include "tools/fovea/find_model.h"
#include "tools/fovea/option_values.h"
#include "tools/fovea/parse_arguments.h"

namespace fovea::cli {
namespace {

Result<Command> parse_upscaling(std::vector<std::string> arguments) {
  UpscaleOptions options;
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse_upscale(std::move(arguments), options));
  if (!text.empty()) return ShowText{std::move(text)};
  return options;
}

Result<Command> parse_info(std::vector<std::string> arguments) {
  CLI::App app("Tells what a model file holds.", "fovea info");
  InfoOptions options;
  std::string scale;
  app.add_option("model", options.model, "Name or file of a model")->required()->type_name("MODEL");
  add_models_dir(app, options.models_dir);
  add_option(app, "-s,--scale", scale, "X", "For models whose weights do not tell theirs");
  app.add_flag("--json", options.json, "One JSON object");
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return ShowText{std::move(text)};
  FOVEA_TRY(read_scale(scale, options.scale));
  return options;
}

Result<Command> parse_convert(std::vector<std::string> arguments) {
  CLI::App app("Writes the tensors of a model file as safetensors, with what they are beside them.",
               "fovea convert");
  ConvertOptions options;
  std::string scale;
  std::vector<std::string> pairs;
  app.add_option("input", options.input, "Name, or a .pth, .safetensors or .onnx file")
      ->required()
      ->type_name("MODEL");
  app.add_option("output", options.output, "The file to write")
      ->required()
      ->type_name("OUT.safetensors");
  add_models_dir(app, options.models_dir);
  app.add_flag("--f16", options.half, "Round weights to f16, half the size of f32");
  add_option(app, "-s,--scale", scale, "X", "For models whose weights do not tell theirs");
  app.add_option("--set", pairs,
                 "Metadata to write, one for each --set: license=MIT, act_type=relu")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
  app.add_flag("--overwrite", options.overwrite, "Replace the output where it is there");
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return ShowText{std::move(text)};
  FOVEA_TRY(read_scale(scale, options.scale));
  FOVEA_ASSIGN_OR_RETURN(options.metadata, parse_metadata(pairs));
  constexpr std::string_view kExtension = ".safetensors";
  if (!options.output.ends_with(kExtension))
    return fail(ErrorCode::kUsage, "{}: only safetensors are written; end its name in {}",
                options.output, kExtension);
  return options;
}

Result<Command> parse_models(std::vector<std::string> arguments) {
  CLI::App app(
      "Lists the models that are here, what each is for and where it is. Of two of one name "
      "the upper is taken.",
      "fovea models");
  ModelsOptions options;
  add_models_dir(app, options.models_dir);
  app.add_flag("--json", options.json, "One JSON array");
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return ShowText{std::move(text)};
  return options;
}

Result<Command> parse_bench(std::vector<std::string> arguments) {
  CLI::App app("Times models on this machine: the engine alone, without decoding and encoding.",
               "fovea bench");
  BenchOptions options;
  std::string scale, device = "auto", precision = "auto", threads = "0";
  std::vector<std::string> sizes;
  std::string runs = std::to_string(options.runs);
  app.add_option("-n,--model", options.models, "Name or file, one for each -n; else the default")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  add_models_dir(app, options.models_dir);
  app.add_option("--size", sizes, "Of the picture, one for each --size; else 320x180")
      ->allow_extra_args(false)
      ->type_name("WxH");
  add_option(app, "-s,--scale", scale, "X", "For models whose weights do not tell theirs");
  add_option(app, "-g,--device", device, "DEV", "auto, cpu, reference, cuda, cuda:1; -1 = cpu");
  add_option(app, "--precision", precision, "P",
             "auto, f32, or bf16: coarser, for processors with AMX");
  add_option(app, "-j,--threads", threads, "N", "0 = one a core");
  add_option(app, "--runs", runs, "N", "Counted runs behind one that is not; else 5");
  app.add_flag("--machine", options.machine, "Its clock and multiply-adds a second, and no model");
  app.add_flag("--json", options.json, "A JSON object a row");
  app.footer(
      "GFLOP/s counts the multiplications and additions of the network's formula, and \"of peak\" "
      "is\n"
      "that over the machine's multiply-adds in registers: kernels that save work are above 1.\n"
      "ms/MP: per megapixel of output. Memory is that of the whole process, as foreseen and as it "
      "was.\n");
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return ShowText{std::move(text)};
  constexpr int64_t kMostRuns = 1'000'000;
  FOVEA_ASSIGN_OR_RETURN(const int64_t count, parse_integer("--runs", runs, 1, kMostRuns));
  options.runs = static_cast<int>(count);
  FOVEA_ASSIGN_OR_RETURN(options.device, parse_device(device));
  FOVEA_ASSIGN_OR_RETURN(options.precision, parse_precision(precision));
  FOVEA_ASSIGN_OR_RETURN(options.threads, parse_threads(threads));
  FOVEA_TRY(read_scale(scale, options.scale));
  for (const std::string& size : sizes) {
    FOVEA_ASSIGN_OR_RETURN(const Size parsed, parse_size("--size", size));
    options.sizes.push_back(parsed);
  }
  if (options.sizes.empty()) options.sizes.push_back({180, 320});
  if (options.models.empty()) options.models.push_back(default_model_name());
  return options;
}

Result<Command> parse_evaluation(std::vector<std::string> arguments) {
  EvalOptions options;
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse_eval(std::move(arguments), options));
  if (!text.empty()) return ShowText{std::move(text)};
  return options;
}

}  // namespace

Result<Command> parse_command_line(std::vector<std::string> arguments) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "upscale" || first == "info" || first == "models" || first == "bench" ||
      first == "convert" || first == "eval") {
    arguments.erase(arguments.begin());
    if (first == "bench") return parse_bench(std::move(arguments));
    if (first == "eval") return parse_evaluation(std::move(arguments));
    if (first == "info") return parse_info(std::move(arguments));
    if (first == "convert") return parse_convert(std::move(arguments));
    if (first == "models") return parse_models(std::move(arguments));
  }
  return parse_upscaling(std::move(arguments));
}

}  // namespace fovea::cli
