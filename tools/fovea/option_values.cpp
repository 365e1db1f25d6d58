#include "tools/fovea/option_values.h"

#include <charconv>

namespace fovea::cli {

Result<int64_t> parse_integer(std::string_view flag, std::string_view text, int64_t low,
                              int64_t high) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    return fail(ErrorCode::kUsage, "{} {}: not a whole number from {} to {}", flag, text, low,
                high);
  }
  return value;
}

Result<int> parse_threads(std::string_view text) {
  // More threads than any machine has cores are a slip of the keyboard.
  constexpr int64_t kMostThreads = 4096;
  std::string_view process = text;
  if (const size_t first = text.find(':'); first != text.npos) {
    const size_t second = text.find(':', first + 1);
    if (second == text.npos) {
      return fail(ErrorCode::kUsage, "-j {}: not a number of threads; give N or load:proc:save",
                  text);
    }
    FOVEA_TRY(parse_integer("-j", text.substr(0, first), 1, kMostThreads));
    FOVEA_TRY(parse_integer("-j", text.substr(second + 1), 1, kMostThreads));
    process = text.substr(first + 1, second - first - 1);
  }
  FOVEA_ASSIGN_OR_RETURN(const int64_t threads, parse_integer("-j", process, 0, kMostThreads));
  return static_cast<int>(threads);
}

Result<Size> parse_size(std::string_view flag, std::string_view text) {
  constexpr int64_t kLongestSide = 1'000'000;  // codecs::Limits::max_side
  const size_t by = text.find('x');
  if (by == text.npos) {
    return fail(ErrorCode::kUsage, "{} {}: not a size; give WIDTHxHEIGHT, e.g. 640x360", flag,
                text);
  }
  FOVEA_ASSIGN_OR_RETURN(const int64_t width,
                         parse_integer(flag, text.substr(0, by), 1, kLongestSide));
  FOVEA_ASSIGN_OR_RETURN(const int64_t height,
                         parse_integer(flag, text.substr(by + 1), 1, kLongestSide));
  return Size{height, width};
}

Result<codecs::Format> parse_format(std::string_view text) {
  FOVEA_ASSIGN_OR_RETURN(const codecs::Format format, codecs::format_from_extension(text));
  if (!codecs::can_encode(format)) {
    return fail(ErrorCode::kUsage, "-f {}: this build does not write it; use png or jpg", text);
  }
  return format;
}

}  // namespace fovea::cli
