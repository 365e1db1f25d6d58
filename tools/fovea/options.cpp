#include "tools/fovea/options.h"

#include "tools/fovea/device_names.h"
#include "tools/fovea/find_model.h"
#include "tools/fovea/option_values.h"
#include "tools/fovea/parse_arguments.h"

namespace fovea::cli {
namespace {

constexpr int64_t kLargestBand = 1'000'000;  // codecs::Limits::max_side

constexpr const char* kFooter =
    "Subcommands:\n"
    "  upscale                           the default, and may be left out\n"
    "  info MODEL                        what a model file holds\n"
    "  models                            the models that are here, and what they are for\n"
    "  bench                             how fast models run on this machine\n"
    "  eval DATASET                      how good models are on pictures whose truth is known\n"
    "  convert MODEL OUT.safetensors     a .pth or .onnx as safetensors\n"
    "\n"
    "Exit: 0 every picture written, 1 some of several failed, 2 usage, 3 picture, 4 model,\n"
    "5 wrong numbers, 6 memory, 7 output, 8 device, 130 and 143 interrupted.\n";

// What CLI11 collects; numbers are read afterwards, by one set of rules and without a locale.
struct Raw {
  std::vector<std::string> bare_inputs;
  std::string output, scale, tile = "0", device = "auto", precision = "auto", threads = "0", format,
                             quality, memory, blend, denoise;
  std::vector<std::string> numbers;
  bool verbose = false, quiet = false;
};

void add_upscale_flags(CLI::App& app, UpscaleOptions& options, Raw& raw) {
  app.add_option("inputs", raw.bare_inputs, "Pictures, folders of pictures, - for standard input")
      ->type_name("FILE");
  app.add_option("-i,--input", options.inputs, "The same, one for each -i")
      ->allow_extra_args(false)
      ->type_name("FILE");
  add_option(app, "-o,--output", raw.output, "FILE",
             "File, folder, - for standard output; else NAME-4x.EXT");
  app.add_option(
         "-n,--model", options.model.chain,
         "Name (fovea models lists them) or file, else the default; several -n: one after another")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  add_option(app, "--blend", raw.blend, "A:0.7,B:0.3", "The weighted sum of models' weights");
  add_option(app, "--denoise", raw.denoise, "S",
             "0 to 1, of realesr-general-x4v3 with its twin -wdn- beside it; also -dn");
  app.add_option("--set", raw.numbers,
                 "What a model is told: quality=40, noise_level=15; else a JPEG's own, or the "
                 "model's usual one")
      ->allow_extra_args(false)
      ->type_name("KEY=N");
  add_models_dir(app, options.model.models_dir);
  add_option(app, "-s,--scale", raw.scale, "X", "Scale of the output: 0.5, 3, 4; else the model's");
  add_option(app, "-t,--tile", raw.tile, "ROWS",
             "Input rows a band, 0 = automatic; never changes a pixel");
  add_option(app, "--mem", raw.memory, "BYTES",
             "The most memory to hold: 700M, 4G; else what is free");
  add_option(app, "-g,--device", raw.device, "DEV", "auto, cpu, reference, cuda, cuda:1; -1 = cpu");
  add_option(app, "--precision", raw.precision, "P",
             "auto, f32, or bf16: coarser, for processors with AMX");
  add_option(app, "-j,--threads", raw.threads, "N", "0 = one a core; load:proc:save is accepted");
  add_option(app, "-f,--format", raw.format, "EXT",
             "png, jpg, webp; else what -o says, else the input's");
  add_option(app, "-q,--quality", raw.quality, "Q", "Of JPEG and WebP, 1 to 100; else 95");
  app.add_flag("-v,--verbose", raw.verbose,
               "A line a picture, and the time of each kind of step, on standard error");
  app.add_flag("--quiet", raw.quiet, "Nothing but errors");
  app.add_flag("--json", options.json, "A JSON object a picture on standard output");
  app.add_flag("--dry-run", options.dry_run,
               "Tell sizes, bands and memory of each picture; write nothing");
  app.add_flag("--overwrite", options.overwrite, "Replace files that exist");
  app.add_flag("--progress", options.progress,
               "Lines of NN.NN% where standard error is no terminal");
}

Status read_raw(Raw& raw, UpscaleOptions& options) {
  options.inputs.insert(options.inputs.end(), raw.bare_inputs.begin(), raw.bare_inputs.end());
  if (!raw.output.empty()) options.output = std::move(raw.output);
  if (!raw.blend.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.model.blend, parse_blend(raw.blend));
  }
  if (!raw.denoise.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.model.denoise, parse_denoise(raw.denoise));
  }
  FOVEA_TRY(check_choice(options.model));
  FOVEA_ASSIGN_OR_RETURN(options.numbers, parse_numbers(raw.numbers));
  FOVEA_TRY(read_scale(raw.scale, options.scale));
  FOVEA_ASSIGN_OR_RETURN(options.band_height, parse_integer("-t", raw.tile, 0, kLargestBand));
  if (!raw.memory.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.memory_ceiling, parse_memory(raw.memory));
  }
  FOVEA_ASSIGN_OR_RETURN(options.device, parse_device(raw.device));
  FOVEA_ASSIGN_OR_RETURN(options.precision, parse_precision(raw.precision));
  FOVEA_ASSIGN_OR_RETURN(options.threads, parse_threads(raw.threads));
  if (!raw.format.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.format, parse_format(raw.format));
  }
  if (!raw.quality.empty()) {
    FOVEA_ASSIGN_OR_RETURN(const int64_t quality, parse_integer("-q", raw.quality, 1, 100));
    options.quality = static_cast<int>(quality);
  }
  if (raw.quiet && (raw.verbose || options.progress)) {
    return fail(ErrorCode::kUsage, "--quiet: contradicts {}; leave one of them out",
                raw.verbose ? "-v" : "--progress");
  }
  options.talk = raw.quiet     ? Console::Talk::kQuiet
                 : raw.verbose ? Console::Talk::kVerbose
                               : Console::Talk::kNormal;
  if (options.json && options.output == "-") {
    return fail(ErrorCode::kUsage,
                "--json: standard output is taken by -o -; leave one of them out");
  }
  if (options.inputs.empty()) {
    return fail(ErrorCode::kUsage, "no input; name a picture, a folder or -, or see fovea --help");
  }
  return {};
}

// inference_realesrgan.py's -dn, which would else be read as -d n.
void rewrite_denoise(std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    if (argument == "-dn" || argument.starts_with("-dn=")) argument.replace(0, 3, "--denoise");
  }
}

Result<Command> parse_upscale(std::vector<std::string> arguments) {
  rewrite_denoise(arguments);
  CLI::App app("Makes pictures larger with super-resolution networks.", "fovea");
  UpscaleOptions options;
  Raw raw;
  add_upscale_flags(app, options, raw);
  app.footer(kFooter);
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return ShowText{std::move(text)};
  FOVEA_TRY(read_raw(raw, options));
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
  Raw raw;
  std::vector<std::string> sizes;
  std::string runs = std::to_string(options.runs);
  app.add_option("-n,--model", options.models, "Name or file, one for each -n; else the default")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  add_models_dir(app, options.models_dir);
  app.add_option("--size", sizes, "Of the picture, one for each --size; else 320x180")
      ->allow_extra_args(false)
      ->type_name("WxH");
  add_option(app, "-s,--scale", raw.scale, "X", "For models whose weights do not tell theirs");
  add_option(app, "-g,--device", raw.device, "DEV", "auto, cpu, reference, cuda, cuda:1; -1 = cpu");
  add_option(app, "--precision", raw.precision, "P",
             "auto, f32, or bf16: coarser, for processors with AMX");
  add_option(app, "-j,--threads", raw.threads, "N", "0 = one a core");
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
  FOVEA_ASSIGN_OR_RETURN(options.device, parse_device(raw.device));
  FOVEA_ASSIGN_OR_RETURN(options.precision, parse_precision(raw.precision));
  FOVEA_ASSIGN_OR_RETURN(options.threads, parse_threads(raw.threads));
  FOVEA_TRY(read_scale(raw.scale, options.scale));
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
  return parse_upscale(std::move(arguments));
}

}  // namespace fovea::cli
