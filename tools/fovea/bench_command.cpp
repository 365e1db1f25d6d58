// fovea bench: models at given sizes, timed on this machine.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/machine_speed.h"
#include "tools/fovea/bench_row.h"
#include "tools/fovea/commands.h"

namespace fovea::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLeastNameWidth = 24;

std::string header(size_t name_width) {
  return fmt::format("{:<{}} {:>11} {:>7} {:>9} {:>9} {:>8} {:>8} {:>7} {:>11} {:>8}\n", "model",
                     name_width, "input", "threads", "best ms", "median", "ms/MP", "GFLOP/s",
                     "of peak", "foreseen MB", "peak MB");
}

double ms_per_megapixel(const BenchRow& row) {
  return row.best_ms() / static_cast<double>(row.output_pixels) * 1e6;
}

std::string as_text(const BenchRow& row, size_t name_width) {
  // Resampling has no multiplications that could be counted against the peak.
  const bool counted = row.gflop > 0;
  const double gflops = row.best_gflops();
  return fmt::format(
      "{:<{}} {:>11} {:>7} {:>9.1f} {:>9.1f} {:>8.1f} {:>8} {:>7} {:>11.1f} {:>8.1f}\n", row.model,
      name_width, fmt::format("{}x{}", row.input.width, row.input.height), row.threads,
      row.best_ms(), row.median_ms(), ms_per_megapixel(row),
      counted ? fmt::format("{:.0f}", gflops) : "-",
      counted && row.peak_gflops > 0 ? fmt::format("{:.2f}", gflops / row.peak_gflops) : "-",
      static_cast<double>(row.foreseen_bytes) * 1e-6, static_cast<double>(row.peak_bytes) * 1e-6);
}

std::string as_json(const BenchRow& row) {
  Json object;
  object["model"] = row.model;
  object["width"] = row.input.width;
  object["height"] = row.input.height;
  object["threads"] = row.threads;
  object["isa"] = row.isa;
  object["times_ms"] = row.times_ms;
  object["best_ms"] = row.best_ms();
  object["median_ms"] = row.median_ms();
  object["ms_per_output_megapixel"] = ms_per_megapixel(row);
  object["gflops"] = row.best_gflops();
  object["peak_gflops"] = row.peak_gflops;
  object["clock_ghz"] = row.clock_ghz;
  object["bands"] = row.bands;
  object["foreseen_bytes"] = row.foreseen_bytes;
  object["peak_bytes"] = row.peak_bytes;
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The clock, and the multiply-adds of each instruction set, without any model.
std::string machine(const BenchOptions& options) {
  const int threads = options.threads > 0 ? options.threads : available_cores();
  const double clock = bench::clock_ghz();
  ThreadTeam team(threads);
  Json object;
  object["clock_ghz"] = clock;
  object["threads"] = threads;
  std::string text = clock > 0 ? fmt::format("clock      {:.2f} GHz\n", clock) : "";
  for (const cpu::Isa isa : cpu::supported_isas()) {
    const double peak = bench::peak_gflops(isa, team);
    object["peak_gflops"][std::string(cpu::to_string(isa))] = peak;
    text += fmt::format("{:<10} {:.0f} GFLOP/s of multiply-adds in registers, {} thread{}\n",
                        cpu::to_string(isa), peak, threads, threads == 1 ? "" : "s");
  }
  return options.json ? object.dump() + "\n" : text;
}

}  // namespace

int run_bench(const BenchOptions& options) {
  if (options.machine) return show_text(machine(options));
  size_t name_width = kLeastNameWidth;
  for (const std::string& model : options.models) name_width = std::max(name_width, model.size());
  bool is_first = true;
  for (const std::string& model : options.models) {
    for (const Size size : options.sizes) {
      const Result<BenchRow> row = measure_row(options, model, size);
      if (!row) {
        return show_error(row.error());
      }
      std::string text = options.json ? as_json(*row) : as_text(*row, name_width);
      if (is_first && !options.json) text = header(name_width) + text;
      is_first = false;
      if (const int code = show_text(text); code != 0) return code;
    }
  }
  return 0;
}

}  // namespace fovea::cli
