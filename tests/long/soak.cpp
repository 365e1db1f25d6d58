// soak MINUTES: one process enlarges pictures with every network, again and again; each result must
// keep its hash, and the memory must not grow.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>

#include "engine/upscaler.h"
#include "tests/read_picture.h"
#include "tests/real_networks.h"

namespace fovea::test {
namespace {

using Clock = std::chrono::steady_clock;

// Threads and bands of the sessions that come and go have repeated after these rounds: allocators
// and kept sessions have all they want (threads meet the allocator in another order in each).
constexpr int kThreadChoices = 4;
constexpr int kBandChoices = 3;
constexpr int kWarmRounds = 2 * kThreadChoices * kBandChoices;
// What an allocator may still fragment. One lost map of a 64x64 picture is 1 MiB a round.
constexpr int64_t kMayGrow = int64_t{8} << 20;

int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  int64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

double mebibytes(int64_t bytes) { return static_cast<double>(bytes) / 0x1p20; }

// FNV-1a of the samples.
uint64_t hash_of(const Picture& picture) {
  uint64_t hash = 0xcbf29ce484222325;
  for (int64_t y = 0; y < picture.height(); ++y) {
    const uint8_t* row = picture.row_bytes(y);
    for (int64_t i = 0; i < picture.row_byte_count(); ++i) hash = (hash ^ row[i]) * 0x100000001b3;
  }
  return hash;
}

struct Soak {
  std::vector<std::pair<std::string, std::shared_ptr<const Model>>> models;
  std::vector<Picture> pictures;
  std::vector<std::optional<Upscaler>> kept;
  std::map<std::pair<size_t, size_t>, uint64_t> hashes;
  int64_t results = 0;

  bool load() {
    for (const std::string& name : real_network_names()) {
      auto model = load_real_network(name);
      if (!model) {
        fmt::print("without {}: {}\n", name, model.error().message);
        continue;
      }
      models.emplace_back(name, std::make_shared<const Model>(std::move(*model)));
    }
    const std::filesystem::path tests = FOVEA_TESTS_FOLDER;
    for (const char* name :
         {"pictures/face.png", "golden/pictures/rgba.png", "golden/pictures/gray_alpha_16.png"})
      pictures.push_back(read_picture(tests / name));
    kept.resize(models.size());
    return !models.empty() && pictures.back().width() > 0;
  }

  bool enlarge(Upscaler& upscaler, size_t m, size_t p) {
    const auto result = upscaler.upscale(pictures[p]);
    if (!result) {
      fmt::print("{}: {}\n", models[m].first, result.error().message);
      return false;
    }
    const uint64_t hash = hash_of(*result);
    const auto [known, is_new] = hashes.try_emplace({m, p}, hash);
    ++results;
    if (known->second == hash) return true;
    fmt::print("{} on picture {}: hash {:016x}, was {:016x}\n", models[m].first, p, hash,
               known->second);
    return false;
  }

  // One session that stays, and one that comes and goes with other threads and bands.
  bool round(int number) {
    for (size_t m = 0; m < models.size(); ++m) {
      UpscalerOptions options;
      options.device = DeviceKind::kCpu;
      if (!kept[m]) {
        auto upscaler = Upscaler::create(models[m].second, options);
        if (!upscaler) return false;
        kept[m].emplace(std::move(*upscaler));
      }
      options.threads = 1 + number % kThreadChoices;
      options.band_height = 7 * (number % kBandChoices);
      auto passing = Upscaler::create(models[m].second, options);
      if (!passing) return false;
      for (size_t p = 0; p < pictures.size(); ++p) {
        if (!enlarge(*kept[m], m, p)) return false;
      }
      if (!enlarge(*passing, m, static_cast<size_t>(number) % pictures.size())) return false;
    }
    return true;
  }
};

int run(double minutes) {
  Soak soak;
  if (!soak.load()) return 1;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(60 * minutes));
  int64_t warm = 0;
  int rounds = 0, told = kWarmRounds;
  for (; rounds < kWarmRounds + 3 || Clock::now() < end; ++rounds) {
    if (!soak.round(rounds)) return 1;
    if (rounds < kWarmRounds) warm = std::max(warm, resident_bytes());
    if (rounds + 1 == told) {
      fmt::print("after {} rounds {:.1f} MiB\n", told, mebibytes(resident_bytes()));
      told *= 2;
    }
  }
  const int64_t last = resident_bytes();
  fmt::print("{} networks, {} rounds, {} results of {} kinds, each kind with one hash\n",
             soak.models.size(), rounds, soak.results, soak.hashes.size());
  fmt::print(
      "resident: at most {:.1f} MiB in the first {} rounds, {:.1f} MiB at the end (may grow "
      "by {} MiB)\n",
      mebibytes(warm), kWarmRounds, mebibytes(last), kMayGrow >> 20);
  return last <= warm + kMayGrow ? 0 : 1;
}

}  // namespace
}  // namespace fovea::test

int main(int count, char** arguments) {
  if (count != 2) {
    fmt::print(stderr, "usage: soak MINUTES\n");
    return 2;
  }
  return fovea::test::run(std::atof(arguments[1]));
}
