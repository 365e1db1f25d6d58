#include "tools/fovea/known_models.h"

#include <nlohmann/json.hpp>

#include "manifest_text.h"  // made by CMake of weights/manifest.json

namespace fovea::cli {
namespace {

using Json = nlohmann::json;

bool has_file(const Json& files, std::string_view sha256) {
  for (const Json& file : files) {
    if (file.at("sha256") == sha256) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> licence_of_known_file(std::string_view sha256) {
  const Json manifest = Json::parse(kManifestText, nullptr, false);
  if (manifest.is_discarded()) return std::nullopt;
  for (const Json& package : manifest.at("packages")) {
    if (has_file(package.at("files"), sha256))
      return package.at("licenses").back().at("license").get<std::string>();
  }
  const Json& releases = manifest.at("releases");
  if (has_file(releases.at("files"), sha256)) return releases.at("license").get<std::string>();
  return std::nullopt;
}

}  // namespace fovea::cli
