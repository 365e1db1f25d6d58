#include "tools/fovea/finished_output.h"

#include "loaders/formats/read_file.h"
#include "tools/codecs/codec.h"

namespace fovea::cli {

std::optional<Size> measure_file(const std::string& path) {
  const auto file = read_file(path, codecs::Limits{}.max_file_bytes, ErrorCode::kPicture);
  if (!file) return std::nullopt;
  const auto size = codecs::measure(file->span(), path, {});
  if (!size) return std::nullopt;
  return *size;
}

}  // namespace fovea::cli
