// How far the work is: a bar on a terminal, lines of percent for a program.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/fovea/console.h"

namespace fovea::cli {

/// Seconds as "0:07", "12:30" or "3:25:00".
std::string time_text(double seconds);

/// The line of a bar: position, name, bar, percent, rate in output pixels a second, time left. The
/// bar takes what `width` columns leave; the name is cut before the bar vanishes.
struct BarState {
  size_t index = 0;  ///< of the picture, from 0
  size_t count = 1;
  std::string name;
  double done = 0;  ///< of this picture
  double pixels_per_second = 0;
  double seconds_left = -1;  ///< of the whole list; negative = not known yet
};
std::string bar_text(const BarState& state, int width);

/// Follows a list of pictures.
class ProgressBar {
 public:
  enum class Style { kNone, kBar, kLines };

  /// A bar on a terminal; elsewhere lines when `lines_wanted`, else nothing.
  ProgressBar(Console& console, bool quiet, bool lines_wanted, size_t count);

  /// The next picture begins; `output_pixels` is the area of its result.
  void start(size_t index, std::string name, int64_t output_pixels);
  /// The share of the present picture that is done.
  void update(double done);

 private:
  using Clock = std::chrono::steady_clock;

  Console& console_;
  Style style_ = Style::kNone;
  BarState state_;
  int64_t output_pixels_ = 0;
  Clock::time_point list_start_ = Clock::now();
  Clock::time_point picture_start_;
  Clock::time_point last_shown_;
};

}  // namespace fovea::cli
