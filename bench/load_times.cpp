// load_times FILE RUNS: how long load_model takes, each run from the file on, and what the first
// adds to the process's memory, as one JSON object. For loading.py.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "engine/available_memory.h"
#include "loaders/load_model.h"

int main(int count, char** arguments) {
  using Clock = std::chrono::steady_clock;
  if (count != 3) return 2;
  const int64_t before = fovea::peak_memory();
  int64_t peak = 0;
  std::vector<double> times;
  for (int run = 0; run < std::atoi(arguments[2]); ++run) {
    const Clock::time_point start = Clock::now();
    const auto model = fovea::load_model(arguments[1]);
    times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
    if (!model) {
      fmt::print(stderr, "{}\n", model.error().message);
      return 1;
    }
    if (run == 0) peak = fovea::peak_memory();
  }
  fmt::print("{{\"times_ms\": [{:.2f}], \"added_bytes\": {}}}\n", fmt::join(times, ", "),
             peak - before);
  return 0;
}
