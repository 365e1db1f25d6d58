#include "tools/fovea/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

namespace fovea::cli {

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return line;
}

Console::Console(Talk talk, bool strict)
    : talk_(talk), strict_(strict), is_terminal_(isatty(STDERR_FILENO) == 1) {}

int Console::width() const {
  winsize size{};
  const bool told = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return told ? size.ws_col : 80;
}

void Console::error(std::string_view message) { put("fovea: ", message); }

void Console::warning(std::string_view file, std::string_view what) {
  if (talk_ != Talk::kQuiet) put("fovea: ", fmt::format("{}: warning: {}", file, what));
}

Status Console::warn(ErrorCode code, std::string_view file, std::string_view what) {
  if (strict_) return fail(code, "{}: {} (an error with --strict)", file, what);
  warning(file, what);
  return {};
}

void Console::note(std::string_view file, std::string_view what) {
  if (talk_ != Talk::kQuiet) put("fovea: ", fmt::format("{}: note: {}", file, what));
}

void Console::summary(std::string_view text) {
  if (talk_ != Talk::kQuiet) put("fovea: ", text);
}

void Console::detail(std::string_view line) {
  if (talk_ == Talk::kVerbose) put("", line);
}

void Console::remark(std::string_view line) {
  if (talk_ != Talk::kQuiet && is_terminal_) put("", line);
}

void Console::line(std::string_view text) { put("", text); }

void Console::draw_bar(std::string_view text) {
  // CSI K clears what a longer bar before this one left on the line.
  fmt::print(stderr, "\r{}\x1b[K", one_line(text));
  std::fflush(stderr);
  bar_shown_ = true;
}

void Console::erase_bar() {
  if (!bar_shown_) return;
  std::fputs("\r\x1b[K", stderr);
  std::fflush(stderr);
  bar_shown_ = false;
}

void Console::put(std::string_view prefix, std::string_view text) {
  erase_bar();
  // One call for the whole line: standard error is not buffered, and lines of several processes
  // that share it should not be mixed. Nothing can be told where standard error itself fails.
  const std::string line = fmt::format("{}{}\n", prefix, one_line(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace fovea::cli
