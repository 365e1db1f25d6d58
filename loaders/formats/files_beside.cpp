#include "loaders/formats/files_beside.h"

#include "loaders/formats/read_file.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

// Exporters write one file; large models of others are cut into a few.
constexpr size_t kMaxFiles = 64;
constexpr size_t kMaxNameBytes = 255;

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." &&
         name.find_first_of(std::string_view("/\\\0", 3)) == name.npos && is_utf8(name) &&
         !has_control_characters(name);
}

}  // namespace

Result<FileBytes> FilesBeside::read(std::string_view name) {
  if (!is_plain_name(name))
    return fail(ErrorCode::kModel, "{} is no plain name of a file beside it", shown(name));
  if (const auto found = files_.find(name); found != files_.end()) return found->second;
  if (files_.size() == kMaxFiles)
    return fail(ErrorCode::kModel, "belongs together with more than {} files", kMaxFiles);
  auto bytes = read_file(folder_ / std::filesystem::path(name), left_, ErrorCode::kModel,
                         Links::kRefuse);
  if (!bytes) return fail_in("needs " + shown(name) + " beside it", std::move(bytes.error()));
  left_ -= bytes->size;
  total_ += bytes->size;
  return files_.emplace(name, std::move(*bytes)).first->second;
}

}  // namespace fovea
