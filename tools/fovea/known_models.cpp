#include "tools/fovea/known_models.h"

#include <nlohmann/json.hpp>

#include "manifest_text.h"  // made by CMake of weights/manifest.json

namespace fovea::cli {
namespace {

using Json = nlohmann::json;

// The first file of the manifest for which `is_it(file)`, with its licence.
template <class IsIt>
std::optional<KnownFile> find_file(IsIt is_it) {
  const Json manifest = Json::parse(kManifestText, nullptr, false);
  if (manifest.is_discarded()) return std::nullopt;
  const auto find_among = [&](const Json& files, const Json& licence) -> std::optional<KnownFile> {
    for (const Json& file : files) {
      if (is_it(file)) return KnownFile{licence.get<std::string>(), file.value("for", "")};
    }
    return std::nullopt;
  };
  for (const Json& package : manifest.at("packages")) {
    const Json& licence = package.at("licenses").back().at("license");
    if (auto found = find_among(package.at("files"), licence)) return found;
  }
  const Json& releases = manifest.at("releases");
  return find_among(releases.at("files"), releases.at("license"));
}

}  // namespace

std::optional<KnownFile> known_file(std::string_view sha256) {
  return find_file([&](const Json& file) { return file.at("sha256") == sha256; });
}

bool is_size_of_known_file(uintmax_t bytes) {
  return find_file([&](const Json& file) { return file.at("bytes") == bytes; }).has_value();
}

}  // namespace fovea::cli
