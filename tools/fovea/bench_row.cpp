#include "tools/fovea/bench_row.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>

#include "bench/machine_speed.h"
#include "engine/available_memory.h"
#include "engine/rounding.h"
#include "kernels/cpu/cpu_backend.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/interrupt.h"
#include "tools/fovea/open_upscaler.h"

namespace fovea::cli {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(BenchRow, model, output_pixels, threads, isa, times_ms, gflop,
                                   peak_gflops, clock_ghz, bands, foreseen_bytes, peak_bytes)

double BenchRow::best_ms() const { return *std::min_element(times_ms.begin(), times_ms.end()); }

double BenchRow::median_ms() const {
  std::vector<double> sorted = times_ms;
  std::sort(sorted.begin(), sorted.end());
  const size_t half = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[half] : std::midpoint(sorted[half - 1], sorted[half]);
}

namespace {

using Json = nlohmann::json;

// Any picture takes the same time; this one has edges and slopes in all channels.
Result<Picture> test_picture(Size size, const Model& model) {
  const bool gray = model.colour != ColourMode::kRgb && model.colour != ColourMode::kRgba;
  const int channels = gray ? 1 : model.colour == ColourMode::kRgba ? 4 : 3;
  FOVEA_ASSIGN_OR_RETURN(Picture picture, Picture::create(size, channels, 8));
  for (int64_t y = 0; y < size.height; ++y) {
    for (int64_t x = 0; x < size.width; ++x) {
      for (int c = 0; c < channels; ++c) {
        picture.set_sample(y, x, c, (3 * x + 5 * y + 40 * c + ((x ^ y) & 16)) % 256);
      }
    }
  }
  return picture;
}

// Of the network for one picture, in units of 1e9.
Result<double> gigaflop(const Model& model, Scale scale, Size input) {
  Model scaled = model;
  if (model.resize_before) {
    FOVEA_ASSIGN_OR_RETURN(scaled, with_scale(model, scale));
  }
  const Size padded{round_up(input.height, model.padding_multiple),
                    round_up(input.width, model.padding_multiple)};
  FOVEA_ASSIGN_OR_RETURN(const int64_t products, multiply_accumulates(scaled.graph, padded));
  return 2e-9 * static_cast<double>(products);
}

Result<BenchRow> measure_here(const BenchOptions& options, const std::string& model, Size input) {
  UpscalerOptions wanted;
  wanted.device = options.device.kind;
  wanted.device_index = options.device.index;
  wanted.precision = options.precision;
  wanted.threads = options.threads > 0 ? options.threads : available_cores();
  wanted.scale = options.scale;
  FOVEA_ASSIGN_OR_RETURN(OpenedUpscaler opened,
                         open_upscaler({{model}, options.models_dir, {}, {}}, wanted));
  const Model& network = *opened.models.front();
  FOVEA_ASSIGN_OR_RETURN(const Picture picture, test_picture(input, network));
  const bool is_cuda = options.device.kind == DeviceKind::kCuda;

  BenchRow row;
  row.model = opened.name;
  row.threads = wanted.threads;
  if (is_cuda) {
    row.isa = fmt::format("cuda {}", precision_name(options.device.kind, options.precision));
  } else {
    FOVEA_ASSIGN_OR_RETURN(const cpu::Isa isa, cpu::choose_isa(options.precision));
    row.isa = cpu::to_string(isa);
    if (options.precision == Precision::kBf16) row.isa += " bf16";
  }
  FOVEA_ASSIGN_OR_RETURN(row.gflop, gigaflop(network, opened.upscaler.scale(), picture.size()));
  for (int run = 0; run <= options.runs; ++run) {
    UpscaleReport report;
    FOVEA_TRY(opened.upscaler.upscale(
        picture, [](double) { return interrupted() == 0; }, &report));
    if (run == 0) row.foreseen_bytes = report.foreseen_bytes;
    if (run > 0) row.times_ms.push_back(report.network_ms);
    row.output_pixels = report.output.area();
    row.bands = report.bands;
  }
  row.peak_bytes = peak_memory();
  if (!is_cuda) {
    FOVEA_ASSIGN_OR_RETURN(const cpu::Isa isa, cpu::choose_isa(options.precision));
    ThreadTeam team(row.threads);
    row.peak_gflops = bench::peak_gflops(isa, team);
    row.clock_ghz = bench::clock_ghz();
  }
  return row;
}

// What the child has to say: a row, or an error.
std::string answer(const BenchOptions& options, const std::string& model, Size input) {
  Result<BenchRow> row = fail(ErrorCode::kMemory, "no memory left");
  try {
    row = measure_here(options, model, input);
  } catch (const std::bad_alloc&) {
    // It is said already.
  }
  Json said;
  if (row) {
    said["row"] = *row;
  } else {
    said["error"] = {{"code", static_cast<int>(row.error().code)},
                     {"message", row.error().message}};
  }
  return said.dump(-1, ' ', false, Json::error_handler_t::replace);
}

[[noreturn]] void be_the_child(int pipe_end, const BenchOptions& options, const std::string& model,
                               Size input) {
  const std::string text = answer(options, model, input);
  const auto bytes = std::as_bytes(std::span(text));
  _exit(write_all(pipe_end, bytes, "the pipe").has_value() ? 0 : 1);
}

Error error_of(const Json& said) {
  return {static_cast<ErrorCode>(said["code"].get<int>()), said["message"].get<std::string>()};
}

}  // namespace

Result<BenchRow> measure_row(const BenchOptions& options, const std::string& model, Size input) {
  int ends[2];
  if (pipe(ends) != 0) return fail(ErrorCode::kMemory, "no pipe: {}", errno_text(errno));
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = fork();
  if (child < 0) return fail(ErrorCode::kMemory, "no process: {}", errno_text(errno));
  if (child == 0) be_the_child(writing.number(), options, model, input);

  writing.close();
  constexpr size_t kMostBytes = 1 << 24;
  const auto bytes = read_stream(reading.number(), "the measuring process", kMostBytes);
  if (!bytes) kill(child, SIGTERM);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!bytes) return tl::unexpected(bytes.error());
  const Json said = Json::parse(bytes->begin(), bytes->end(), nullptr, false);
  if (said.contains("error")) return tl::unexpected(error_of(said["error"]));
  if (!said.contains("row")) {
    return fail(ErrorCode::kMemory,
                "{}, {}x{}: the measuring process ended with signal {}; is memory short?", model,
                input.width, input.height, WTERMSIG(status));
  }
  BenchRow row = said["row"].get<BenchRow>();
  row.input = input;
  return row;
}

}  // namespace fovea::cli
