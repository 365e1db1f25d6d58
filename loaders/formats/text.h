// Text from a file, made fit for a message or refused.
#pragma once

#include <string>
#include <string_view>

namespace fovea {

/// True when `text` (UTF-8) holds a control character, C0, DEL or C1: no name needs one, and a
/// terminal may obey it.
inline bool has_control_characters(std::string_view text) {
  unsigned char before = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (before == 0xc2 && byte >= 0x80 && byte < 0xa0) return true;  // U+0080 ... U+009F
    before = byte;
  }
  return false;
}

/// True when `text` is UTF-8: no byte out of place, no overlong form, no surrogate.
inline bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() - i < length) return false;
    for (size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xc0) != 0x80) return false;
    }
    const unsigned second = byte(i + 1);
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return false;
    i += length;
  }
  return true;
}

/// `text` between quotes, cut after 64 bytes, with what is not printable ASCII as '?': for messages
/// that show a piece of a file that may hold anything.
inline std::string shown(std::string_view text) {
  constexpr size_t kMaxShown = 64;
  std::string text_shown = "'";
  for (const char c : text.substr(0, kMaxShown)) text_shown += c >= 0x20 && c < 0x7f ? c : '?';
  return text_shown + (text.size() > kMaxShown ? "...'" : "'");
}

}  // namespace fovea
