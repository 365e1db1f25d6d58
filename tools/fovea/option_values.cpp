#include "tools/fovea/option_values.h"

#include <charconv>
#include <cmath>

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

Result<double> parse_share(std::string_view flag, std::string_view text) {
  double share = 0;
  const std::string_view digits = text.substr(text.starts_with('+') ? 1 : 0);
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, share);
  if (error != std::errc() || stop != end || !(share >= 0 && share <= 1))
    return fail(ErrorCode::kUsage, "{} {}: not a number from 0 to 1", flag, text);
  return share;
}

Result<int64_t> parse_memory(std::string_view text) {
  constexpr int64_t kMost = int64_t{1} << 50;  // 1 PiB: more than there is, and far from overflow
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const std::string_view unit(stop, static_cast<size_t>(end - stop));
  const int shift = unit == "K" || unit == "k" ? 10 : unit == "M" || unit == "m" ? 20 : 30;
  if (error != std::errc() || value < 1 || value > kMost >> shift ||
      (shift == 30 && unit != "G" && unit != "g")) {
    return fail(ErrorCode::kUsage, "--mem {}: no amount of memory; give it as 800M or 4G (K, M, G)",
                text);
  }
  return value << shift;
}

Result<std::map<std::string, std::string>> parse_metadata(const std::vector<std::string>& pairs) {
  std::map<std::string, std::string> metadata;
  for (const std::string& pair : pairs) {
    const size_t equals = pair.find('=');
    if (equals == pair.npos || equals == 0)
      return fail(ErrorCode::kUsage, "--set {}: give KEY=VALUE", pair);
    metadata[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  return metadata;
}

Result<std::map<std::string, double>> parse_numbers(const std::vector<std::string>& pairs) {
  FOVEA_ASSIGN_OR_RETURN(const auto texts, parse_metadata(pairs));
  std::map<std::string, double> numbers;
  for (const auto& [name, text] : texts) {
    double& number = numbers[name];
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stop != end || !std::isfinite(number))
      return fail(ErrorCode::kUsage, "--set {}={}: not a number", name, text);
  }
  return numbers;
}

}  // namespace fovea::cli
