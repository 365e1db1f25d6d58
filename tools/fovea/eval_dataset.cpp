#include "tools/fovea/eval_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>

#include "tools/fovea/folder_names.h"
#include "tools/fovea/inputs.h"
#include "validation_list.h"  // made by CMake of tools/train/val50.txt

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTruthEnd = "_HR";
constexpr std::string_view kSmallEnd = "_LR";

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

bool is_file(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

// The scales of the folders x2, x3, ... in `folder`.
std::vector<int64_t> scales_in(const fs::path& folder) {
  std::vector<int64_t> scales;
  std::error_code error;
  for (const std::string& name : folder_names(folder.string(), error)) {
    int64_t scale = 0;
    const char* stop = name.data() + name.size();
    if (!name.starts_with('x') || !is_folder(folder / name)) continue;
    const auto [rest, problem] = std::from_chars(name.data() + 1, stop, scale);
    if (problem == std::errc() && rest == stop && scale > 0) scales.push_back(scale);
  }
  std::sort(scales.begin(), scales.end());
  return scales;
}

// The truths of `files` and, where they are wanted, the small pictures of the same names.
std::vector<TestPicture> paired(const std::vector<Input>& files, bool with_small) {
  std::vector<TestPicture> pictures;
  std::map<std::string, std::string> small;
  for (const Input& file : files) {
    const std::string stem = fs::path(file.path).stem().string();
    if (stem.ends_with(kSmallEnd))
      small[stem.substr(0, stem.size() - kSmallEnd.size())] = file.path;
    if (!stem.ends_with(kTruthEnd)) continue;
    pictures.push_back({stem.substr(0, stem.size() - kTruthEnd.size()), file.path, {}});
  }
  for (TestPicture& picture : pictures) {
    if (with_small) picture.small = small[picture.name];
  }
  return pictures;
}

Result<std::vector<TestPicture>> in_folder(const fs::path& folder, bool with_small) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Input> files, list_inputs({folder.string()}));
  if (files.front().error) return tl::unexpected(*files.front().error);
  std::vector<TestPicture> pictures = paired(files, with_small);
  if (!pictures.empty()) return pictures;
  for (const Input& file : files)
    pictures.push_back({fs::path(file.path).stem().string(), file.path, {}});
  return pictures;
}

Result<std::vector<TestPicture>> in_set(const fs::path& folder, int64_t scale) {
  const std::vector<int64_t> scales = scales_in(folder);
  if (scales.empty()) return in_folder(folder, true);
  const bool has_scale = std::find(scales.begin(), scales.end(), scale) != scales.end();
  return in_folder(folder / fmt::format("x{}", has_scale ? scale : scales.front()), has_scale);
}

Result<std::vector<TestPicture>> in_list(std::istream& lines, const std::string& list,
                                         const fs::path& root) {
  std::vector<TestPicture> pictures;
  std::string line;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    const auto path = find_picture((root / line).string());
    if (!path)
      return fail(
          ErrorCode::kPicture,
          "{}, line {}: there is no picture {}; name the folder of the pictures with --root", list,
          number, (root / line).string());
    pictures.push_back({fs::path(*path).stem().string(), *path, {}});
  }
  if (pictures.empty())
    return fail(ErrorCode::kPicture, "{}: names no picture; give a folder, or a list of files",
                list);
  return pictures;
}

Result<std::vector<TestPicture>> of_validation(const std::string& root) {
  if (root.empty())
    return fail(ErrorCode::kUsage,
                "{}: names 50 of the BSDS200 pictures; name the folder that has them with --root",
                kValidationName);
  std::istringstream lines(kValidationList);
  return in_list(lines, kValidationName, root);
}

Result<std::vector<TestPicture>> in_file(const std::string& given, const std::string& root) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Input> files, list_inputs({given}));
  if (files.front().format)
    return fail(ErrorCode::kUsage,
                "{}: is a picture; a dataset is a folder of pictures or a list of their names",
                given);
  std::ifstream lines(given);
  if (!lines) return fail(ErrorCode::kUsage, "{}: cannot be read; check its permissions", given);
  return in_list(lines, given, root.empty() ? fs::path(given).parent_path() : fs::path(root));
}

}  // namespace

std::string folder_name(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

std::optional<std::string> find_picture(const std::string& path) {
  if (is_file(path)) return path;
  for (const char* extension : {".png", ".webp", ".jpg", ".jpeg", ".bmp", ".tga"}) {
    if (is_file(path + extension)) return path + extension;
  }
  return std::nullopt;
}

Result<Dataset> find_dataset(const std::string& given, const std::string& root, int64_t scale) {
  Dataset dataset{fs::path(given).stem().string(), {}};
  if (is_folder(given)) {
    dataset.name = folder_name(given);
    FOVEA_ASSIGN_OR_RETURN(dataset.pictures, in_set(given, scale));
  } else if (is_file(given)) {
    FOVEA_ASSIGN_OR_RETURN(dataset.pictures, in_file(given, root));
  } else if (given == kValidationName) {
    FOVEA_ASSIGN_OR_RETURN(dataset.pictures, of_validation(root));
  } else {
    return fail(ErrorCode::kUsage,
                "{}: no such dataset; name a folder of pictures, a list of their names, or {}",
                given, kValidationName);
  }
  return dataset;
}

}  // namespace fovea::cli
