// The files that lie beside a model file and belong to it, by the names that the model file gives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "engine/status.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// Reads regular files of one folder, each once. A name is a stranger's: no other folder is reached
/// by it, neither by a path nor through a symbolic link.
class FilesBeside {
 public:
  /// Of the folder that `model_file` is in; at most `max_bytes` in all.
  FilesBeside(const std::filesystem::path& model_file, size_t max_bytes)
      : folder_(model_file.parent_path()), left_(max_bytes) {}

  /// None at all, for what is read from memory.
  FilesBeside() = default;

  /// The file called `name`. kModel where that is no plain name, or no file.
  Result<FileBytes> read(std::string_view name);

  /// The bytes of all files that were read.
  size_t total() const { return total_; }

 private:
  std::filesystem::path folder_;
  size_t left_ = 0;
  size_t total_ = 0;
  std::map<std::string, FileBytes, std::less<>> files_;
};

}  // namespace fovea
