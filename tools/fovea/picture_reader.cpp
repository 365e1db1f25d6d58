#include "tools/fovea/picture_reader.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "loaders/formats/read_file.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/inputs.h"

namespace fovea::cli {
namespace {

// A photograph of 10 megapixels, which takes a tenth of a second.
constexpr std::uintmax_t kMostBytesAhead = std::uintmax_t{4} << 20;

Result<codecs::Decoded> decode_file(const std::string& path) {
  const codecs::Limits limits;
  auto file = read_file(path, limits.max_file_bytes, ErrorCode::kPicture);
  if (!file) return fail_in(path, std::move(file.error()));
  return codecs::decode(file->span(), path, limits);
}

}  // namespace

void PictureReader::announce(const std::string& path) {
  std::error_code error;
  if (path == kStandardStream || !std::filesystem::is_regular_file(path, error)) return;
  if (std::filesystem::file_size(path, error) > kMostBytesAhead || error) return;
  try {
    decoded_ = std::async(std::launch::async, decode_file, path);
    announced_ = path;
  } catch (const std::system_error&) {
    // No thread can be had: read() does all.
  }
}

Result<codecs::Decoded> PictureReader::read(const std::string& path) {
  if (path == kStandardStream) {
    const codecs::Limits limits;
    const std::string name = "standard input";
    FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes,
                           read_stream(STDIN_FILENO, name, limits.max_file_bytes));
    return codecs::decode(bytes, name, limits);
  }
  if (decoded_.valid() && path == announced_) return decoded_.get();
  return decode_file(path);
}

}  // namespace fovea::cli
