#include "tools/codecs/codec.h"

#include <fmt/format.h>

#include <cctype>
#include <new>

#include "tools/codecs/backends.h"
#include "tools/codecs/sniff.h"

namespace fovea::codecs {
namespace {

struct FormatName {
  Format format;
  std::string_view name;
  std::string_view extension;
};

constexpr FormatName kNames[] = {{Format::kPng, "PNG", "png"},
                                 {Format::kJpeg, "JPEG", "jpg"},
                                 {Format::kWebp, "WebP", "webp"},
                                 {Format::kBmp, "BMP", "bmp"},
                                 {Format::kTga, "TGA", "tga"}};

const FormatBackend* find_backend(Format format) {
  for (const FormatBackend& backend : backends()) {
    if (backend.format == format) return &backend;
  }
  return nullptr;
}

// "PNG, JPEG or WebP"
std::string supported_formats() {
  const auto table = backends();
  std::string list;
  for (size_t i = 0; i < table.size(); ++i) {
    if (i > 0) list += i + 1 == table.size() ? " or " : ", ";
    list += format_name(table[i].format);
  }
  return list;
}

tl::unexpected<Error> refuse_unread(std::span<const std::byte> bytes, std::string_view name,
                                    std::string_view kind) {
  if (!kind.empty()) {
    return fail(ErrorCode::kPicture,
                "{}: {} file, which this build does not read; convert it to {}", name, kind,
                supported_formats());
  }
  std::string first;
  for (size_t i = 0; i < bytes.size() && i < 4; ++i) {
    fmt::format_to(std::back_inserter(first), "{}{:02x}", i > 0 ? " " : "",
                   std::to_integer<unsigned>(bytes[i]));
  }
  return fail(ErrorCode::kPicture, "{}: not a picture (its first bytes are {}); give a {}", name,
              first, supported_formats());
}

tl::unexpected<Error> out_of_memory(std::string_view name) {
  return fail(ErrorCode::kMemory, "{}: no memory for this picture; free some or use a smaller one",
              name);
}

// The backend for a file, with what none of them needs to look at seen to.
Result<const FormatBackend*> backend_for(std::span<const std::byte> bytes, std::string_view name,
                                         const Limits& limits) {
  if (bytes.empty()) {
    return fail(ErrorCode::kPicture, "{}: the file is empty (0 bytes); give a {}", name,
                supported_formats());
  }
  if (bytes.size() > limits.max_file_bytes) {
    return fail(ErrorCode::kPicture,
                "{}: file too large ({} bytes, limit {}); use a smaller picture", name,
                bytes.size(), limits.max_file_bytes);
  }
  const Sniffed sniffed = sniff(bytes);
  const FormatBackend* backend = sniffed.format ? find_backend(*sniffed.format) : nullptr;
  if (!backend) return refuse_unread(bytes, name, sniffed.name);
  return backend;
}

}  // namespace

std::string_view format_name(Format format) {
  for (const FormatName& entry : kNames) {
    if (entry.format == format) return entry.name;
  }
  return "?";
}

Result<Decoded> decode(std::span<const std::byte> bytes, std::string_view name,
                       const Limits& limits) try {
  FOVEA_ASSIGN_OR_RETURN(const FormatBackend* const backend, backend_for(bytes, name, limits));
  auto decoded = backend->decode(bytes, limits);
  if (!decoded) return fail_in(std::string(name), std::move(decoded.error()));
  decoded->format = backend->format;
  return decoded;
} catch (const std::bad_alloc&) {
  return out_of_memory(name);
}

Result<Size> measure(std::span<const std::byte> bytes, std::string_view name,
                     const Limits& limits) try {
  FOVEA_ASSIGN_OR_RETURN(const FormatBackend* const backend, backend_for(bytes, name, limits));
  auto size = backend->measure(bytes, limits);
  if (!size) return fail_in(std::string(name), std::move(size.error()));
  return size;
} catch (const std::bad_alloc&) {
  return out_of_memory(name);
}

Status encode(const Picture& picture, Format format, const EncodeOptions& options, ThreadTeam& team,
              const ByteSink& sink, std::string_view name) try {
  const FormatBackend* backend = find_backend(format);
  if (!backend) {
    return fail(ErrorCode::kOutput, "{}: this build does not write {}; use {}", name,
                format_name(format), supported_formats());
  }
  if (options.quality < 1 || options.quality > 100) {
    return fail(ErrorCode::kUsage, "{}: quality out of range ({}, limits 1 and 100)", name,
                options.quality);
  }
  if (options.lossless && format == Format::kJpeg) {
    return fail(ErrorCode::kOutput, "{}: JPEG has no lossless form; use PNG or WebP", name);
  }
  const Capability& can = backend->capability;
  if (picture.width() < 1 || picture.height() < 1) {
    return fail(ErrorCode::kOutput, "{}: the picture is empty ({} x {}); nothing to write", name,
                picture.width(), picture.height());
  }
  if (picture.width() > can.max_side || picture.height() > can.max_side) {
    return fail(ErrorCode::kOutput, "{}: too large for {} ({} x {}, limit {} a side); use {}", name,
                format_name(format), picture.width(), picture.height(), can.max_side,
                format == Format::kPng ? "a smaller scale" : "PNG");
  }
  if (picture.has_alpha() && !can.alpha) {
    return fail(ErrorCode::kOutput, "{}: {} holds no alpha; drop it or use PNG", name,
                format_name(format));
  }
  if (picture.bit_depth() == 16 && !can.sixteen_bit) {
    return fail(ErrorCode::kOutput, "{}: {} holds 8 bits a channel here, not 16; round them first",
                name, format_name(format));
  }
  // The sink's own errors name the file already.
  bool sink_failed = false;
  const Status encoded = backend->encode(picture, options, team, [&](Bytes bytes) {
    Status status = sink(bytes);
    sink_failed = !status;
    return status;
  });
  if (!encoded && !sink_failed) return fail_in(std::string(name), encoded.error());
  return encoded;
} catch (const std::bad_alloc&) {
  return out_of_memory(name);
}

int64_t encoding_bytes(Size size, int channels, int bit_depth, Format format, int threads) {
  const FormatBackend* backend = find_backend(format);
  if (!backend) return 0;
  const Capability& can = backend->capability;
  int64_t copies = 0;
  if (!can.alpha && (channels == 2 || channels == 4)) {
    --channels;
    copies += size.area() * channels * (bit_depth / 8);
  }
  if (!can.sixteen_bit && bit_depth == 16) {
    bit_depth = 8;
    copies += size.area() * channels;
  }
  const int64_t row_bytes = size.width * channels * (bit_depth / 8);
  return copies + backend->encoding_bytes(row_bytes, size.height, threads);
}

Result<std::vector<std::byte>> encode(const Picture& picture, Format format,
                                      const EncodeOptions& options, std::string_view name) try {
  ThreadTeam team(1);
  std::vector<std::byte> file;
  const ByteSink append = [&](Bytes bytes) -> Status {
    file.insert(file.end(), bytes.begin(), bytes.end());
    return {};
  };
  FOVEA_TRY(encode(picture, format, options, team, append, name));
  return file;
} catch (const std::bad_alloc&) {
  return out_of_memory(name);
}

Capability capability(Format format) {
  const FormatBackend* backend = find_backend(format);
  return backend ? backend->capability : Capability{};
}

bool can_encode(Format format) { return find_backend(format) != nullptr; }
bool can_decode(Format format) { return find_backend(format) != nullptr; }

Result<Format> format_from_extension(std::string_view extension) {
  std::string lower(extension.substr(!extension.empty() && extension[0] == '.' ? 1 : 0));
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "jpeg" || lower == "jpe" || lower == "jfif") return Format::kJpeg;
  for (const FormatName& entry : kNames) {
    if (entry.extension == lower) return entry.format;
  }
  return fail(ErrorCode::kUsage, "no picture format has the extension '{}'; use {}", extension,
              supported_formats());
}

std::string_view extension(Format format) {
  for (const FormatName& entry : kNames) {
    if (entry.format == format) return entry.extension;
  }
  return "";
}

Status check_size(int64_t width, int64_t height, const Limits& limits) {
  if (width < 1 || height < 1) {
    return fail(ErrorCode::kPicture, "the picture is {} x {} (at least 1 x 1); the file is broken",
                width, height);
  }
  if (width > limits.max_side || height > limits.max_side) {
    return fail(ErrorCode::kPicture, "the picture is {} x {} (limit {} a side); use a smaller one",
                width, height, limits.max_side);
  }
  // Divided, not multiplied: the product of two sides within a generous limit may overflow.
  if (width > limits.max_pixels / height) {
    return fail(ErrorCode::kPicture, "the picture is {} x {} (limit {} pixels); use a smaller one",
                width, height, limits.max_pixels);
  }
  return {};
}

}  // namespace fovea::codecs
