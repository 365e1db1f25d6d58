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

// A photograph of 10 megapixels, which takes a tenth of a second.
constexpr std::uintmax_t kMostBytesAhead = std::uintmax_t{4} << 20;

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

}  // namespace

void PictureReader::announce(const std::string& path) {
  std::error_code error;
  if (path == kStandardStream || !std::filesystem::is_regular_file(path, error)) return;
  if (std::filesystem::file_size(path, error) > kMostBytesAhead || error) return;
  try {
    read_ = std::async(std::launch::async, read_and_decode, path);
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
  if (read_.valid() && path == announced_) return read_.get();
  return read_and_decode(path);
}

}  // namespace fovea::cli
