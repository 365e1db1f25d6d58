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
#include "tools/fovea/folder_names.h"

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

// What a shard knows a picture by.
bool is_taken(const Shard& shard, const fs::path& name) {
  const bool is_picture_name = codecs::format_from_extension(name.extension().string()).has_value();
  return shard.takes(is_picture_name ? (name.parent_path() / name.stem()).string() : name.string());
}

class FolderList {
 public:
  FolderList(const std::string& folder, const InputRules& rules, std::vector<Input>& inputs)
      : folder_(folder), rules_(rules), inputs_(inputs), first_(inputs.size()) {}

  void list() {
    search({});
    if (ignored_ > 0 && inputs_.size() > first_ && !inputs_[first_].error) {
      inputs_[first_].notes.push_back(
          fmt::format("{} other entries of its folder are no pictures and are left out", ignored_));
    } else if (inputs_.size() == first_ && others_ == 0) {
      inputs_.push_back(refused(
          folder_, fmt::format("no picture in this folder ({} other entries; {}); name another one",
                               ignored_,
                               rules_.recursive ? "its subfolders were searched too"
                                                : "subfolders are not searched without -r")));
    }
  }

 private:
  void search(const fs::path& subfolder) {
    const fs::path here = subfolder.empty() ? fs::path(folder_) : fs::path(folder_) / subfolder;
    std::error_code error;
    const std::vector<std::string> names = folder_names(here.string(), error);
    if (error) {
      inputs_.push_back(refused(
          here.string(),
          fmt::format("the folder cannot be read ({}); check the permissions", error.message())));
      return;
    }
    std::vector<std::string> folders;
    for (const std::string& name : names) {
      // Hidden files are other programs' business, among them unfinished outputs.
      if (name.starts_with('.')) {
        ++ignored_;
      } else if (fs::is_directory(here / name, error)) {
        folders.push_back(name);
      } else {
        add(here, subfolder, name);
      }
    }
    for (const std::string& name : folders) {
      const bool is_link = fs::is_symlink(here / name, error);
      if (rules_.recursive && !is_link &&
          file_identity((here / name).string()) != rules_.left_out) {
        search(subfolder / name);
      } else {
        ++ignored_;
      }
    }
  }

  void add(const fs::path& here, const fs::path& subfolder, const std::string& name) {
    if (!is_taken(rules_.shard, subfolder / name)) {
      ++others_;
      return;
    }
    const std::string path = (here / name).string();
    const Head head = read_head(path);
    // What cannot be opened may well be a picture: its failure is to be told, not passed over.
    if (!head.format && head.opened) {
      ++ignored_;
      return;
    }
    Input input = make_input(path, head);
    input.is_listed = true;
    input.subfolder = subfolder.string();
    inputs_.push_back(std::move(input));
  }

  const std::string& folder_;
  const InputRules& rules_;
  std::vector<Input>& inputs_;
  size_t first_;
  size_t ignored_ = 0;
  size_t others_ = 0;  // of other shards
};

}  // namespace

std::optional<FileIdentity> file_identity(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

Result<std::vector<Input>> list_inputs(const std::vector<std::string>& given,
                                       const InputRules& rules) {
  if (std::count(given.begin(), given.end(), kStandardStream) > 1) {
    return fail(ErrorCode::kUsage, "-i -: standard input was given more than once; give it once");
  }
  std::vector<Input> inputs;
  for (const std::string& path : given) {
    std::error_code error;
    if (path == kStandardStream) {
      inputs.emplace_back().path = path;
    } else if (fs::is_directory(path, error)) {
      FolderList(path, rules, inputs).list();
    } else if (is_taken(rules.shard, path)) {
      inputs.push_back(make_input(path, read_head(path)));
    }
  }
  return inputs;
}

}  // namespace fovea::cli
