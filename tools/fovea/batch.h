// A list of pictures through the networks: while one is in them, the next is read and the last one
// written.
#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "tools/fovea/progress_bar.h"
#include "tools/fovea/upscale_options.h"
#include "tools/fovea/upscale_picture.h"

namespace fovea::cli {

class Batch {
 public:
  using Clock = std::chrono::steady_clock;

  /// All of these must outlive it. `start` is when work for the first picture began.
  Batch(const UpscaleOptions& options, const std::vector<Job>& jobs, UpscalerShelf& shelf,
        PictureReader& reader, Console& console, Clock::time_point start);

  /// The exit code when every picture has been tried, told of, and those that could be are written;
  /// also after a signal. What ends the whole run: a model or a device that fails, standard output.
  Result<int> run();

 private:
  // A picture whose result is on its way into its file.
  struct Work {
    PictureReport report;
    Clock::time_point start;
    std::future<Result<std::vector<std::string>>> saved;  // what was lost
    int64_t bytes = 0;                                    // that encoding takes
  };

  Work begin(size_t index) const;
  Result<std::optional<Enlarged>> enlarge(size_t index, PictureReport& report);
  bool is_done(const Job& job, PictureReport& report) const;
  void save(const Job& job, Enlarged enlarged, Work work, bool beside);
  Status settle();
  Status settle_if_ready();
  Status tell(PictureReport& report, Clock::time_point start);
  void advise(const PictureReport& report);
  void sum_up();
  int code() const;

  const UpscaleOptions& options_;
  const std::vector<Job>& jobs_;
  UpscalerShelf& shelf_;
  PictureReader& reader_;
  Console& console_;
  Clock::time_point start_;
  ProgressBar bar_;
  bool overlap_;
  std::optional<ThreadTeam> save_team_;  // encodes while the Upscaler's own works
  std::optional<Work> pending_;
  Status told_;  // of what was settled while a network ran
  int64_t encoder_bytes_ = 0;
  bool advised_ = false;
  size_t written_ = 0, skipped_ = 0, failed_ = 0;
  int first_failure_ = 0;
};

}  // namespace fovea::cli
