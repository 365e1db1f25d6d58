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

/// `text` between quotes, cut after 64 bytes, with what is not printable ASCII as '?': for messages
/// that show a piece of a file that may hold anything.
inline std::string shown(std::string_view text) {
  constexpr size_t kMaxShown = 64;
  std::string text_shown = "'";
  for (const char c : text.substr(0, kMaxShown)) text_shown += c >= 0x20 && c < 0x7f ? c : '?';
  return text_shown + (text.size() > kMaxShown ? "...'" : "'");
}

}  // namespace fovea
