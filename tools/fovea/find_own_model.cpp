#include "tools/fovea/find_own_model.h"

#include <string>
#include <system_error>

#include "tools/fovea/model_folders.h"

namespace fovea::cli {
namespace {

std::optional<FoundModel> find(const OwnModel& row) {
  std::string name(row.name);
  if (!row.bytes.empty()) return FoundModel{std::move(name), {}, unowned_bytes(row.bytes)};
  for (const std::filesystem::path& folder : own_model_folders()) {
    std::error_code error;
    std::filesystem::path path = folder / (name + ".safetensors");
    if (std::filesystem::is_regular_file(path, error))
      return FoundModel{std::move(name), std::move(path), {}};
  }
  return std::nullopt;
}

}  // namespace

std::optional<FoundModel> find_own_model(std::string_view name) {
  for (const OwnModel& row : own_models()) {
    if (row.name == name) return find(row);
  }
  return std::nullopt;
}

std::vector<OwnModelFound> list_own_models() {
  std::vector<OwnModelFound> models;
  for (const OwnModel& row : own_models()) {
    if (auto found = find(row)) models.push_back({row, std::move(*found)});
  }
  return models;
}

}  // namespace fovea::cli
