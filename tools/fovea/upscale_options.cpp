#include "tools/fovea/upscale_options.h"

#include <utility>

#include "tools/fovea/option_values.h"
#include "tools/fovea/parse_arguments.h"

namespace fovea::cli {
namespace {

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
                             quality, memory, blend, denoise, unfade = "0", shard, suffix;
  std::string width, height, long_edge, short_edge;
  std::vector<std::string> numbers;
  bool verbose = false, quiet = false;
};

void add_file_flags(CLI::App& app, UpscaleOptions& options, Raw& raw) {
  app.add_option("inputs", raw.bare_inputs, "Pictures, folders of pictures, - for standard input")
      ->type_name("FILE");
  app.add_option("-i,--input", options.inputs, "The same, one for each -i")
      ->allow_extra_args(false)
      ->type_name("FILE");
  add_option(app, "-o,--output", raw.output, "FILE",
             "File, folder, - for standard output; else NAME-4x.EXT");
  add_option(app, "--suffix", raw.suffix, "TEXT", "In the place of -4x, and in a folder of -o too");
  add_option(app, "-f,--format", raw.format, "EXT",
             "png, jpg, webp; else what -o says, else the input's");
  add_option(app, "-q,--quality", raw.quality, "Q", "Of JPEG and WebP, 1 to 100; else 95");
  app.add_flag("--lossless", options.lossless, "WebP that loses nothing; JPEG is refused");
  app.add_flag("--overwrite", options.overwrite, "Replace files that exist");
  app.add_flag("-r,--recursive", options.recursive, "Subfolders too; -o gets the same tree");
  app.add_flag("--skip-existing", options.skip_existing,
               "Leave out pictures whose output is there, whole and of the right size");
  add_option(app, "--shard", raw.shard, "K/N",
             "The K-th of N parts of the list, the same on every machine");
}

void add_network_flags(CLI::App& app, UpscaleOptions& options, Raw& raw) {
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
  add_option(
      app, "--unfade", raw.unfade, "S",
      "0 to 1: black to black and white to white in each colour, of faded or yellowed prints");
  add_models_dir(app, options.model.models_dir);
  add_option(app, "-s,--scale", raw.scale, "X",
             "Scale of the output: 0.5, 3, 4, 8; else the model's");
  add_option(app, "--width", raw.width, "W",
             "Exactly that many pixels; with --height, the most that both hold");
  add_option(app, "--height", raw.height, "H", "The same for its rows");
  add_option(app, "--long-edge", raw.long_edge, "N", "The longer side in pixels");
  add_option(app, "--short-edge", raw.short_edge, "N", "The shorter side in pixels");
}

void add_machine_flags(CLI::App& app, Raw& raw) {
  add_option(app, "-t,--tile", raw.tile, "ROWS",
             "Input rows a band, 0 = automatic; never changes a pixel");
  add_option(app, "--mem", raw.memory, "BYTES",
             "The most memory to hold: 700M, 4G; else what is free");
  add_option(app, "-g,--device", raw.device, "DEV", "auto, cpu, reference, cuda, cuda:1; -1 = cpu");
  add_option(app, "--precision", raw.precision, "P",
             "auto, f32, or bf16: coarser, for processors with AMX");
  add_option(app, "-j,--threads", raw.threads, "N", "0 = one a core; load:proc:save is accepted");
}

void add_talk_flags(CLI::App& app, UpscaleOptions& options, Raw& raw) {
  app.add_flag("-v,--verbose", raw.verbose,
               "A line a picture, and the time of each kind of step, on standard error");
  app.add_flag("--quiet", raw.quiet, "Nothing but errors");
  app.add_flag("--strict", options.strict,
               "What would be a warning (something of a picture is lost) fails that picture");
  app.add_flag("--json", options.json, "A JSON object a picture on standard output");
  app.add_flag("--dry-run", options.dry_run,
               "Tell sizes, bands and memory of each picture; write nothing");
  app.add_flag("--progress", options.progress,
               "Lines of NN.NN% where standard error is no terminal");
}

Status read_side(const char* flag, const std::string& text, std::optional<int64_t>& side) {
  if (text.empty()) return {};
  FOVEA_ASSIGN_OR_RETURN(side, parse_integer(flag, text, 1, codecs::Limits{}.max_side));
  return {};
}

Status read_size(const Raw& raw, UpscaleOptions& options) {
  FOVEA_TRY(read_scale(raw.scale, options.scale));
  FOVEA_TRY(read_side("--width", raw.width, options.size.width));
  FOVEA_TRY(read_side("--height", raw.height, options.size.height));
  FOVEA_TRY(read_side("--long-edge", raw.long_edge, options.size.long_edge));
  FOVEA_TRY(read_side("--short-edge", raw.short_edge, options.size.short_edge));
  return check_output_size(options.size, options.scale.has_value());
}

Status read_files(Raw& raw, UpscaleOptions& options) {
  options.inputs.insert(options.inputs.end(), raw.bare_inputs.begin(), raw.bare_inputs.end());
  if (!raw.output.empty()) options.output = std::move(raw.output);
  if (!raw.suffix.empty()) options.suffix = std::move(raw.suffix);
  if (options.suffix && options.suffix->find('/') != std::string::npos)
    return fail(ErrorCode::kUsage, "--suffix {}: a part of a name has no /", *options.suffix);
  if (!raw.format.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.format, parse_format(raw.format));
  }
  if (!raw.quality.empty()) {
    FOVEA_ASSIGN_OR_RETURN(const int64_t quality, parse_integer("-q", raw.quality, 1, 100));
    options.quality = static_cast<int>(quality);
  }
  if (options.lossless && options.quality)
    return fail(ErrorCode::kUsage, "--lossless: contradicts -q; leave one of them out");
  if (options.skip_existing && options.overwrite)
    return fail(ErrorCode::kUsage,
                "--skip-existing: contradicts --overwrite; leave one of them out");
  if (!raw.shard.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.shard, parse_shard(raw.shard));
  }
  if (options.json && options.output == "-") {
    return fail(ErrorCode::kUsage,
                "--json: standard output is taken by -o -; leave one of them out");
  }
  if (options.inputs.empty()) {
    return fail(ErrorCode::kUsage, "no input; name a picture, a folder or -, or see fovea --help");
  }
  return {};
}

Status read_raw(Raw& raw, UpscaleOptions& options) {
  if (!raw.blend.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.model.blend, parse_blend(raw.blend));
  }
  if (!raw.denoise.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.model.denoise, parse_share("--denoise", raw.denoise));
  }
  FOVEA_TRY(check_choice(options.model));
  FOVEA_ASSIGN_OR_RETURN(options.numbers, parse_numbers(raw.numbers));
  FOVEA_ASSIGN_OR_RETURN(options.unfade, parse_share("--unfade", raw.unfade));
  FOVEA_TRY(read_size(raw, options));
  FOVEA_ASSIGN_OR_RETURN(options.band_height,
                         parse_integer("-t", raw.tile, 0, codecs::Limits{}.max_side));
  if (!raw.memory.empty()) {
    FOVEA_ASSIGN_OR_RETURN(options.memory_ceiling, parse_memory(raw.memory));
  }
  FOVEA_ASSIGN_OR_RETURN(options.device, parse_device(raw.device));
  FOVEA_ASSIGN_OR_RETURN(options.precision, parse_precision(raw.precision));
  FOVEA_ASSIGN_OR_RETURN(options.threads, parse_threads(raw.threads));
  if (raw.quiet && (raw.verbose || options.progress)) {
    return fail(ErrorCode::kUsage, "--quiet: contradicts {}; leave one of them out",
                raw.verbose ? "-v" : "--progress");
  }
  options.talk = raw.quiet     ? Console::Talk::kQuiet
                 : raw.verbose ? Console::Talk::kVerbose
                               : Console::Talk::kNormal;
  return read_files(raw, options);
}

// inference_realesrgan.py's -dn, which would else be read as -d n.
void rewrite_denoise(std::vector<std::string>& arguments) {
  for (std::string& argument : arguments) {
    if (argument == "-dn" || argument.starts_with("-dn=")) argument.replace(0, 3, "--denoise");
  }
}

}  // namespace

Result<std::string> parse_upscale(std::vector<std::string> arguments, UpscaleOptions& options) {
  rewrite_denoise(arguments);
  CLI::App app("Makes pictures larger with super-resolution networks.", "fovea");
  Raw raw;
  add_file_flags(app, options, raw);
  add_network_flags(app, options, raw);
  add_machine_flags(app, raw);
  add_talk_flags(app, options, raw);
  app.footer(kFooter);
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return text;
  FOVEA_TRY(read_raw(raw, options));
  return std::string();
}

}  // namespace fovea::cli
