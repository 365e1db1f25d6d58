#include "tools/codecs/sniff.h"

#include <cstdint>
#include <cstring>

namespace fovea::codecs {
namespace {

using namespace std::string_view_literals;

struct Signature {
  size_t offset;
  std::string_view bytes;
  std::string_view name;
};

// Kinds of file that people hand to a picture tool and that no build reads: to be refused by name.
// Where two match, the first wins: brands of ISO files before the bare "ftyp".
constexpr Signature kForeign[] = {
    {0, "GIF87a"sv, "GIF"},
    {0, "GIF89a"sv, "GIF"},
    {0, "II*\0"sv, "TIFF"},
    {0, "MM\0*"sv, "TIFF"},
    {0, "II+\0"sv, "BigTIFF"},
    {4, "ftypavif"sv, "AVIF"},
    {4, "ftypavis"sv, "AVIF"},
    {4, "ftypheic"sv, "HEIC"},
    {4, "ftypheix"sv, "HEIC"},
    {4, "ftypheim"sv, "HEIC"},
    {4, "ftypheis"sv, "HEIC"},
    {4, "ftyphevc"sv, "HEIC"},
    {4, "ftypmif1"sv, "HEIF"},
    {4, "ftypmsf1"sv, "HEIF"},
    {4, "ftypcrx "sv, "Canon CR3"},
    {4, "ftyp"sv, "MP4"},
    {0, "\xff\x0a"sv, "JPEG XL"},
    {0, "\0\0\0\x0cJXL \r\n\x87\n"sv, "JPEG XL"},
    {0, "\0\0\0\x0cjP  \r\n\x87\n"sv, "JPEG 2000"},
    {0, "\xff\x4f\xff\x51"sv, "JPEG 2000"},
    {0, "8BPS"sv, "Photoshop PSD"},
    {0, "gimp xcf"sv, "GIMP XCF"},
    {0, "\x76\x2f\x31\x01"sv, "OpenEXR"},
    {0, "#?RADIANCE"sv, "Radiance HDR"},
    {0, "DDS "sv, "DDS"},
    {0, "qoif"sv, "QOI"},
    {0, "\0\0\1\0"sv, "icon"},
    {0, "%PDF-"sv, "PDF"},
    {0, "<svg"sv, "SVG"},
    {0, "<?xml"sv, "XML"},
    {0, "P1\n"sv, "PBM"},
    {0, "P2\n"sv, "PGM"},
    {0, "P3\n"sv, "PPM"},
    {0, "P4\n"sv, "PBM"},
    {0, "P5\n"sv, "PGM"},
    {0, "P6\n"sv, "PPM"},
    {0, "P7\n"sv, "PAM"},
    {0, "\x1a\x45\xdf\xa3"sv, "Matroska or WebM"},
    {0, "PK\x03\x04"sv, "ZIP"},
};

bool has(std::span<const std::byte> bytes, size_t offset, std::string_view signature) {
  return bytes.size() >= offset + signature.size() &&
         std::memcmp(bytes.data() + offset, signature.data(), signature.size()) == 0;
}

// TGA files have no signature, so every field of the 18-byte header that has few legal values is
// held to them: about one random file in a million passes.
bool looks_like_tga(std::span<const std::byte> bytes) {
  if (bytes.size() < 18) return false;
  const auto at = [&](size_t i) { return std::to_integer<unsigned>(bytes[i]); };
  const unsigned map_type = at(1);
  const unsigned kind = at(2);
  const unsigned depth = at(16);
  const bool indexed = kind == 1 || kind == 9;
  const bool colour = kind == 2 || kind == 10;
  const bool gray = kind == 3 || kind == 11;
  if (!(indexed || colour || gray) || map_type > 1 || (indexed && map_type != 1)) return false;
  if (!(depth == 8 || depth == 15 || depth == 16 || depth == 24 || depth == 32)) return false;
  if ((colour && depth == 8) || (gray && depth > 16) || (indexed && depth > 16)) return false;
  if ((at(17) & 0xc0u) != 0) return false;  // interleaving, long abandoned
  return (at(12) | at(13)) != 0 && (at(14) | at(15)) != 0;
}

}  // namespace

Sniffed sniff(std::span<const std::byte> bytes) {
  // Not the whole PNG signature: its rest is there to tell a file that a text-mode transfer has
  // damaged, and the PNG reader says so.
  if (has(bytes, 0, "\x89PNG"sv)) return {Format::kPng, "PNG"};
  if (has(bytes, 0, "\xff\xd8\xff"sv)) return {Format::kJpeg, "JPEG"};
  if (has(bytes, 0, "RIFF"sv) && has(bytes, 8, "WEBP"sv)) return {Format::kWebp, "WebP"};
  for (const Signature& foreign : kForeign) {
    if (has(bytes, foreign.offset, foreign.bytes)) return {std::nullopt, foreign.name};
  }
  // After the others, because "BM" alone is a weak sign; bytes 6 to 9 of a BMP are reserved, zero.
  if (has(bytes, 0, "BM"sv) && has(bytes, 6, "\0\0\0\0"sv)) return {Format::kBmp, "BMP"};
  if (looks_like_tga(bytes)) return {Format::kTga, "TGA"};
  return {std::nullopt, {}};
}

}  // namespace fovea::codecs
