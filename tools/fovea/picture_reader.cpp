#include "tools/fovea/picture_reader.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "loaders/formats/read_file.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/inputs.h"

namespace fovea::cli {
namespace {

// RGBA, and as much again for what a decoder keeps beside it.
constexpr int64_t kBytesAPixel = 8;

Result<ReadPicture> decoded(FileBytes file, const std::string& name) {
  FOVEA_ASSIGN_OR_RETURN(codecs::Decoded picture, codecs::decode(file.span(), name, {}));
  if (picture.format != codecs::Format::kJpeg) file = {};
  return ReadPicture{std::move(picture), std::move(file)};
}

Result<ReadPicture> read_and_decode(const std::string& path) {
  auto file = read_file(path, codecs::Limits{}.max_file_bytes, ErrorCode::kPicture);
  if (!file) return fail_in(path, std::move(file.error()));
  return decoded(std::move(*file), path);
}

Result<std::optional<ReadPicture>> read_if_small(const std::string& path) {
  auto file = read_file(path, static_cast<size_t>(kMostBytesAhead), ErrorCode::kPicture);
  if (!file) return std::nullopt;
  const auto size = codecs::measure(file->span(), path, {});
  if (!size || size->area() * kBytesAPixel > kMostBytesAhead) return std::nullopt;
  FOVEA_ASSIGN_OR_RETURN(ReadPicture read, decoded(std::move(*file), path));
  return read;
}

}  // namespace

void PictureReader::announce(const std::string& path) {
  std::error_code error;
  if (path == kStandardStream || !std::filesystem::is_regular_file(path, error)) return;
  try {
    read_ = std::async(std::launch::async, read_if_small, path);
    announced_ = path;
  } catch (const std::system_error&) {
    // No thread can be had: read() does all.
  }
}

Result<ReadPicture> PictureReader::read(const std::string& path) {
  if (path == kStandardStream) {
    const std::string name = "standard input";
    FOVEA_ASSIGN_OR_RETURN(std::vector<std::byte> bytes,
                           read_stream(STDIN_FILENO, name, codecs::Limits{}.max_file_bytes));
    const auto owner = std::make_shared<std::vector<std::byte>>(std::move(bytes));
    return decoded({{owner, owner->data()}, owner->size()}, name);
  }
  if (read_.valid() && path == announced_) {
    FOVEA_ASSIGN_OR_RETURN(std::optional<ReadPicture> ahead, read_.get());
    if (ahead) return std::move(*ahead);
  }
  return read_and_decode(path);
}

}  // namespace fovea::cli
