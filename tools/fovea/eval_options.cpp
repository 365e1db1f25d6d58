#include "tools/fovea/eval_options.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "tools/fovea/eval_method.h"
#include "tools/fovea/option_values.h"
#include "tools/fovea/parse_arguments.h"

namespace fovea::cli {
namespace {

constexpr const char* kFooter =
    "A dataset is a folder of pictures, or one with NAME_HR and NAME_LR in it, or one with such\n"
    "folders x2, x3, ... in it, or a list of pictures, one a line. Small pictures that are not\n"
    "there are made by MATLAB's imresize. A model may also be imresize, the bicubic of published\n"
    "tables; none, the input itself, at scale 1; or A+B, one after another.\n"
    "\n"
    "PSNR A, SSIM A   of luma as in tables since SRCNN: luma rounded to 8 bits, and luma alone\n"
    "                 shrunk and enlarged where the method works on luma\n"
    "PSNR C, SSIM C   of luma as in tables since EDSR: made from 8-bit RGB, luma not rounded\n"
    "RGB              PSNR of the three channels\n"
    "top dB           power in the finest octave of luma's spectrum against the truth's:\n"
    "                 negative is blur, positive noise or invented detail\n"
    "small            PSNR of the result, shrunk again, against what it was made from\n"
    "ms/MP            of the engine, per megapixel of the result\n"
    "PSNR is in dB. At each border as many pixels as the scale do not count, at scale 1 none.\n";

struct Raw {
  std::string scales = "4", device = "auto", precision = "auto", threads = "0", blur, noise, jpeg,
              seed = "0";
  bool json = false, csv = false, markdown = false;
};

// "2,3,4"
Result<std::vector<int64_t>> parse_scales(const std::string& text) {
  constexpr int64_t kLargestScale = 64;
  std::vector<int64_t> scales;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    FOVEA_ASSIGN_OR_RETURN(const int64_t scale,
                           parse_integer("-s", text.substr(begin, end - begin), 1, kLargestScale));
    scales.push_back(scale);
    begin = end + 1;
  }
  return scales;
}

// Nothing where `text` is empty.
Status read_sigma(const char* flag, const std::string& text, std::optional<double>& sigma) {
  constexpr double kLargest = 100;
  if (text.empty()) return {};
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  // A NaN is not in the range either.
  if (error != std::errc() || stop != end || !(value > 0 && value <= kLargest))
    return fail(ErrorCode::kUsage, "{} {}: not a number over 0 and up to {}", flag, text, kLargest);
  sigma = value;
  return {};
}

Result<evaluation::Degradation> parse_degradation(const Raw& raw) {
  evaluation::Degradation degradation;
  FOVEA_TRY(read_sigma("--blur", raw.blur, degradation.blur));
  FOVEA_TRY(read_sigma("--noise", raw.noise, degradation.noise));
  if (!raw.jpeg.empty()) {
    FOVEA_ASSIGN_OR_RETURN(const int64_t quality, parse_integer("--jpeg", raw.jpeg, 1, 100));
    degradation.jpeg = static_cast<int>(quality);
  }
  constexpr int64_t kLargestSeed = std::numeric_limits<int64_t>::max();
  FOVEA_ASSIGN_OR_RETURN(const int64_t seed, parse_integer("--seed", raw.seed, 0, kLargestSeed));
  degradation.seed = static_cast<uint64_t>(seed);
  return degradation;
}

Result<EvalFormat> format_of(const Raw& raw) {
  if (raw.json + raw.csv + raw.markdown > 1)
    return fail(ErrorCode::kUsage, "--json, --csv, --markdown: one of them at a time");
  return raw.json       ? EvalFormat::kJson
         : raw.csv      ? EvalFormat::kCsv
         : raw.markdown ? EvalFormat::kMarkdown
                        : EvalFormat::kTable;
}

void add_flags(CLI::App& app, EvalOptions& options, Raw& raw) {
  app.add_option("datasets", options.datasets, "Folders of pictures, lists of pictures, val50")
      ->required()
      ->type_name("DATASET");
  app.add_option("-n,--model", options.models,
                 "Each on each dataset; else imresize and the default model")
      ->allow_extra_args(false)
      ->type_name("MODEL");
  add_models_dir(app, options.models_dir);
  add_option(app, "-s,--scale", raw.scales, "2,3,4", "Whole scales; else 4");
  add_option(app, "--root", options.root, "DIR",
             "Folder of the pictures that a list names; else the list's own");
  app.add_option("--results", options.results,
                 "Results of another program, judged like a model's: DIR/NAME.png or\n"
                 "DIR/x4/NAME.png; NAME-4x, NAME_LR and NAME_LR-4x are tried too")
      ->allow_extra_args(false)
      ->type_name("DIR");
  add_option(app, "--blur", raw.blur, "SIGMA",
             "Of a Gaussian, on the large picture, in its pixels");
  app.add_flag("--downscale", options.shrink_all,
               "Make the small pictures, also where the dataset has them");
  add_option(app, "--noise", raw.noise, "SIGMA", "On the small picture, in steps of 1/255");
  add_option(app, "--seed", raw.seed, "N", "Of the noise; else 0");
  add_option(app, "--jpeg", raw.jpeg, "Q", "The small picture once through JPEG, 4:4:4, 1 to 100");
  add_option(app, "-g,--device", raw.device, "DEV", "auto, cpu, reference, cuda, cuda:1; -1 = cpu");
  add_option(app, "--precision", raw.precision, "P",
             "auto, f32, or bf16: coarser, for processors with AMX");
  add_option(app, "-j,--threads", raw.threads, "N", "0 = one a core");
  app.add_flag("-v,--verbose", options.each_picture, "A row for each picture too");
  app.add_flag("--json", raw.json, "A JSON object a row, with each picture");
  app.add_flag("--csv", raw.csv, "A line a picture, and one named mean");
  app.add_flag("--markdown", raw.markdown, "The table in Markdown");
}

}  // namespace

Result<std::string> parse_eval(std::vector<std::string> arguments, EvalOptions& options) {
  CLI::App app("Measures models on pictures whose truth is known.", "fovea eval");
  Raw raw;
  add_flags(app, options, raw);
  app.footer(kFooter);
  set_up(app);
  FOVEA_ASSIGN_OR_RETURN(std::string text, parse(app, std::move(arguments)));
  if (!text.empty()) return text;
  FOVEA_ASSIGN_OR_RETURN(options.scales, parse_scales(raw.scales));
  FOVEA_ASSIGN_OR_RETURN(options.device, parse_device(raw.device));
  FOVEA_ASSIGN_OR_RETURN(options.precision, parse_precision(raw.precision));
  FOVEA_ASSIGN_OR_RETURN(options.threads, parse_threads(raw.threads));
  FOVEA_ASSIGN_OR_RETURN(options.degradation, parse_degradation(raw));
  FOVEA_ASSIGN_OR_RETURN(options.format, format_of(raw));
  if (options.models.empty() && options.results.empty())
    options.models = {std::string(kImresizeName), std::string()};
  return text;
}

}  // namespace fovea::cli
