#include "tools/fovea/inputs.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "tools/codecs/sniff.h"
#include "tools/fovea/descriptor_io.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

// The longest sign that sniff() looks at is the 18-byte header of TGA.
constexpr size_t kSniffBytes = 64;

struct Head {
  bool opened = false;
  std::optional<codecs::Format> format;
  std::optional<FileIdentity> identity;
};

Head read_head(const std::string& path) {
  // O_NONBLOCK: to open a pipe that nobody writes to would wait for ever.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  Head head;
  struct stat status {};
  if (!file.valid() || fstat(file.number(), &status) != 0) return head;
  head.opened = true;
  head.identity = FileIdentity{status.st_dev, status.st_ino};
  if (!S_ISREG(status.st_mode)) return head;
  std::array<std::byte, kSniffBytes> bytes;
  const ssize_t got = pread(file.number(), bytes.data(), bytes.size(), 0);
  if (got <= 0) return head;
  const auto format = codecs::sniff(std::span(bytes).first(static_cast<size_t>(got))).format;
  if (format && codecs::can_decode(*format)) head.format = format;
  return head;
}

Input make_input(const std::string& path, const Head& head) {
  Input input;
  input.path = path;
  input.format = head.format;
  input.identity = head.identity;
  const auto named = codecs::format_from_extension(fs::path(path).extension().string());
  if (input.format && named && *named != *input.format) {
    input.notes.push_back(fmt::format("taken as {}, which it is, whatever its name says",
                                      codecs::extension(*input.format)));
  }
  return input;
}

Input refused(const std::string& path, const std::string& why) {
  Input input;
  input.path = path;
  input.error = Error{ErrorCode::kPicture, path + ": " + why};
  return input;
}

void list_folder(const std::string& folder, std::vector<Input>& inputs) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error) {
    inputs.push_back(refused(
        folder,
        fmt::format("the folder cannot be read ({}); check the permissions", error.message())));
    return;
  }
  std::sort(names.begin(), names.end());
  const size_t first = inputs.size();
  size_t ignored = 0;
  for (const std::string& name : names) {
    const std::string path = (fs::path(folder) / name).string();
    // Hidden files are other programs' business, among them unfinished outputs.
    const bool candidate = !name.starts_with('.') && !fs::is_directory(path, error);
    const Head head =
        candidate ? read_head(path) : Head{.opened = true, .format = {}, .identity = {}};
    // What cannot be opened may well be a picture: its failure is to be told, not passed over.
    if (head.format || !head.opened) {
      inputs.push_back(make_input(path, head));
    } else {
      ++ignored;
    }
  }
  if (inputs.size() == first) {
    inputs.push_back(refused(
        folder,
        fmt::format("no picture in this folder ({} other entries; subfolders are not searched); "
                    "name another one",
                    ignored)));
  } else if (ignored > 0) {
    inputs[first].notes.push_back(
        fmt::format("{} other entries of its folder are no pictures and are left out", ignored));
  }
}

}  // namespace

std::optional<FileIdentity> file_identity(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

Result<std::vector<Input>> list_inputs(const std::vector<std::string>& given) {
  if (std::count(given.begin(), given.end(), kStandardStream) > 1) {
    return fail(ErrorCode::kUsage, "-i -: standard input was given more than once; give it once");
  }
  std::vector<Input> inputs;
  for (const std::string& path : given) {
    std::error_code error;
    if (path == kStandardStream) {
      inputs.emplace_back().path = path;
    } else if (fs::is_directory(path, error)) {
      list_folder(path, inputs);
    } else {
      inputs.push_back(make_input(path, read_head(path)));
    }
  }
  return inputs;
}

}  // namespace fovea::cli
