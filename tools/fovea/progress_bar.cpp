#include "tools/fovea/progress_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fovea::cli {
namespace {

// Ten times a second is smooth to the eye and free to the work.
constexpr std::chrono::milliseconds kInterval{100};

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

std::string time_text(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(std::clamp(seconds, 0.0, 3.6e8)));
  const int64_t hours = whole / 3600;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string bar_text(const BarState& state, int width) {
  const std::string position =
      state.count > 1 ? fmt::format("{}/{} ", state.index + 1, state.count) : "";
  const std::string left = state.seconds_left >= 0 ? time_text(state.seconds_left) + " left" : "";
  const std::string numbers = fmt::format("{:6.2f}% {:7.2f} Mpx/s {}", 100 * state.done,
                                          state.pixels_per_second / 1e6, left);
  // One column is left free: a full line makes some terminals wrap.
  const int room = width - 1 - static_cast<int>(position.size() + numbers.size()) - 4;
  constexpr int kShortestBar = 5;
  std::string name = state.name.substr(state.name.rfind('/') + 1);
  const int name_room = std::max(0, std::min(static_cast<int>(name.size()), room - kShortestBar));
  name.resize(static_cast<size_t>(name_room));
  const int bar = room - name_room;
  if (bar < kShortestBar) return numbers;
  const auto filled = static_cast<size_t>(std::lround(bar * std::clamp(state.done, 0.0, 1.0)));
  return position + name + " [" + std::string(filled, '=') +
         std::string(static_cast<size_t>(bar) - filled, ' ') + "] " + numbers;
}

ProgressBar::ProgressBar(Console& console, bool quiet, bool lines_wanted, size_t count)
    : console_(console) {
  state_.count = count;
  if (console.is_terminal()) {
    style_ = quiet ? Style::kNone : Style::kBar;
  } else if (lines_wanted) {
    style_ = Style::kLines;
  }
}

void ProgressBar::start(size_t index, std::string name, int64_t output_pixels) {
  state_.index = index;
  state_.name = std::move(name);
  output_pixels_ = output_pixels;
  picture_start_ = Clock::now();
  last_shown_ = Clock::time_point();
  update(0);
}

void ProgressBar::update(double done) {
  if (style_ == Style::kNone) return;
  const Clock::time_point now = Clock::now();
  if (done < 1 && done > 0 && now - last_shown_ < kInterval) return;
  last_shown_ = now;
  if (style_ == Style::kLines) {
    console_.line(fmt::format("{:.2f}%", 100 * done));
    return;
  }
  const double elapsed = seconds(now - picture_start_);
  state_.done = done;
  state_.pixels_per_second = elapsed > 0 ? done * static_cast<double>(output_pixels_) / elapsed : 0;
  const double whole =
      (static_cast<double>(state_.index) + done) / static_cast<double>(state_.count);
  // Too early, the start-up would be taken for the rate.
  const bool known = elapsed > 0.5 && whole > 0;
  state_.seconds_left = known ? seconds(now - list_start_) * (1 - whole) / whole : -1;
  console_.draw_bar(bar_text(state_, console_.width()));
}

}  // namespace fovea::cli
