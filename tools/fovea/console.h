// What a person sees on standard error: one line a message, and a progress bar that gets out of
// their way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/status.h"

namespace fovea::cli {

/// `text` with every control character (newlines and terminal escapes in a file name too) as '?'.
std::string one_line(std::string_view text);

/// Owns standard error for the length of a command.
class Console {
 public:
  enum class Talk { kQuiet, kNormal, kVerbose };

  /// A `strict` one takes no warning.
  explicit Console(Talk talk, bool strict = false);
  ~Console() { erase_bar(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  bool is_terminal() const { return is_terminal_; }
  bool verbose() const { return talk_ == Talk::kVerbose; }
  /// Columns of the terminal, 80 where it does not tell.
  int width() const;

  /// "fovea: MESSAGE", whatever the talk.
  void error(std::string_view message);
  /// "fovea: FILE: warning: WHAT", unless quiet.
  void warning(std::string_view file, std::string_view what);
  /// The same of something that is lost; of a strict console nothing but the failure of `code`.
  Status warn(ErrorCode code, std::string_view file, std::string_view what);
  /// "fovea: FILE: note: WHAT", unless quiet.
  void note(std::string_view file, std::string_view what);
  /// A line for those who asked for -v.
  void detail(std::string_view line);
  /// A line for a person who watches: on a terminal, unless quiet.
  void remark(std::string_view line);
  /// "fovea: TEXT" of a whole run, unless quiet.
  void summary(std::string_view text);
  /// A line for a program that asked for it.
  void line(std::string_view text);

  /// Replaces the bar; it is erased before any other line.
  void draw_bar(std::string_view text);
  void erase_bar();

 private:
  void put(std::string_view prefix, std::string_view text);

  Talk talk_;
  bool strict_;
  bool is_terminal_;
  bool bar_shown_ = false;
};

}  // namespace fovea::cli
