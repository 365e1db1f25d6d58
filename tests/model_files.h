// Model files made in memory, valid or not, and a folder to put them into.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "loaders/formats/file_bytes.h"

namespace fovea::test {

/// A copy of `bytes` in an allocation of exactly that size, so that AddressSanitizer sees every
/// read beyond its end.
FileBytes file_bytes(std::string_view bytes);

/// `value` as it lies in a file.
template <class T>
std::string little_endian(T value) {
  std::string bytes(sizeof(T), '\0');
  for (size_t i = 0; i < sizeof(T); ++i) bytes[i] = reinterpret_cast<const char*>(&value)[i];
  return bytes;
}

/// A run of float32 values.
std::string floats(const std::vector<float>& values);

/// A safetensors file: the header's length, the header, the data.
std::string safetensors_file(std::string_view header, std::string_view data);

/// `bytes` with one to four random edits: bits flipped, bytes replaced, removed, doubled or
/// inserted, the end cut off, a digit changed.
std::string mutated(std::string bytes, std::mt19937& random);

/// A folder of its own, removed with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder();

  std::filesystem::path path(std::string_view name) const { return folder_ / name; }

  /// Writes a file and tells its path.
  std::filesystem::path write(std::string_view name, std::string_view bytes) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace fovea::test
