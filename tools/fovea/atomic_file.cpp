#include "tools/fovea/atomic_file.h"
#include "tools/fovea/folder_names.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <utility>

namespace fovea::cli {
namespace {

// File systems allow 255 bytes a name; ".", ".PID.RANDOM.part" and a PID of up to 7 digits need 23.
constexpr size_t kMaxStem = 200;

std::string temporary_name(const std::string& final_name) {
  uint64_t random = 0;
  // Short only before the kernel's pool is ready; then the name is merely less random, and O_EXCL
  // still holds.
  if (getrandom(&random, sizeof random, GRND_NONBLOCK) != sizeof random) random = 0;
  return fmt::format(".{}.{}.{:08x}.part", final_name.substr(0, kMaxStem), getpid(),
                     static_cast<uint32_t>(random));
}

// A name that temporary_name() makes.
bool is_temporary_name(std::string_view name) {
  constexpr std::string_view kEnd = ".part";
  constexpr size_t kRandomDigits = 8;
  if (!name.starts_with('.') || !name.ends_with(kEnd)) return false;
  name.remove_suffix(kEnd.size());
  const size_t dot = name.rfind('.');
  if (dot == 0 || name.size() - dot - 1 != kRandomDigits) return false;
  if (name.find_first_not_of("0123456789abcdef", dot + 1) != std::string_view::npos) return false;
  const size_t before = name.rfind('.', dot - 1);
  return before != 0 && before + 1 < dot && name.find_first_not_of("0123456789", before + 1) == dot;
}

// Where the file system knows no locks, nobody removes anything either.
enum class Lock { kHeld, kLost, kUnknown };

Lock lock(int file) {
  if (flock(file, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK ? Lock::kLost : Lock::kUnknown;
  // Whoever held it before may have removed the file meanwhile.
  struct stat info {};
  return fstat(file, &info) == 0 && info.st_nlink > 0 ? Lock::kHeld : Lock::kLost;
}

bool unsupported(int error) {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EPERM;
}

// Zero or an errno; EEXIST when `to` is there and may not be replaced.
int rename_in(int folder, const char* from, const char* to, bool overwrite) {
  if (overwrite) return renameat(folder, from, folder, to) == 0 ? 0 : errno;
  if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
  if (!unsupported(errno)) return errno;
  // A link never replaces either; it is missing on FAT and kin.
  if (linkat(folder, from, folder, to, 0) == 0) return unlinkat(folder, from, 0) == 0 ? 0 : errno;
  if (!unsupported(errno)) return errno;
  // What is left has a gap between the look and the rename.
  if (faccessat(folder, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) return EEXIST;
  return renameat(folder, from, folder, to) == 0 ? 0 : errno;
}

Result<Descriptor> open_folder(const std::string& folder) {
  Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // A folder may be open to writers and closed to readers; then it cannot be synced.
  if (!opened.valid() && errno == EACCES) {
    opened = Descriptor(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }
  if (!opened.valid()) {
    return fail(ErrorCode::kOutput, "{}: the folder cannot be opened ({}); create it first", folder,
                errno_text(errno));
  }
  return opened;
}

Status close_synced(Descriptor file, const std::string& path) {
  int error = 0;
  while (fsync(file.number()) != 0 && (error = errno) == EINTR) error = 0;
  const int close_error = file.close();
  if (error == 0) error = close_error;
  if (error == 0) return {};
  return fail(ErrorCode::kOutput, "{}: cannot be written ({}); see to space and permissions", path,
              errno_text(error));
}

}  // namespace

AtomicFile::~AtomicFile() {
  if (!temporary_.empty()) unlinkat(folder_.number(), temporary_.c_str(), 0);
}

Result<AtomicFile> AtomicFile::create(const std::string& path, bool overwrite) {
  const std::filesystem::path target(path);
  const std::string folder = target.has_parent_path() ? target.parent_path().string() : ".";
  AtomicFile made;
  made.path_ = path;
  made.overwrite_ = overwrite;
  FOVEA_ASSIGN_OR_RETURN(made.folder_, open_folder(folder));
  std::string temporary;
  // One whose lock is lost has just been taken for a stale one and removed.
  do {
    temporary = temporary_name(target.filename().string());
    made.file_ = Descriptor(openat(made.folder_.number(), temporary.c_str(),
                                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  } while (made.file_.valid() && lock(made.file_.number()) == Lock::kLost);
  if (!made.file_.valid()) {
    return fail(ErrorCode::kOutput,
                "{}: no file can be created in its folder ({}); check the permissions", path,
                errno_text(errno));
  }
  made.temporary_ = std::move(temporary);  // takes no memory: the file is never left behind
  return made;
}

int remove_stale_files(const std::string& folder) {
  const Descriptor opened(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  std::error_code error;
  int removed = 0;
  for (const std::string& name : folder_names(folder, error)) {
    if (!is_temporary_name(name)) continue;
    const Descriptor file(
        openat(opened.number(), name.c_str(), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!file.valid() || lock(file.number()) != Lock::kHeld) continue;
    if (unlinkat(opened.number(), name.c_str(), 0) == 0) ++removed;
  }
  return removed;
}

Status AtomicFile::write(std::span<const std::byte> bytes) {
  return write_all(file_.number(), bytes, path_);
}

Status AtomicFile::publish() {
  lock_ = Descriptor(fcntl(file_.number(), F_DUPFD_CLOEXEC, 0));
  FOVEA_TRY(close_synced(std::move(file_), path_));
  const std::string name = std::filesystem::path(path_).filename().string();
  const int error = rename_in(folder_.number(), temporary_.c_str(), name.c_str(), overwrite_);
  if (error == EEXIST) {
    return fail(ErrorCode::kOutput, "{}: exists already; use --overwrite to replace it", path_);
  }
  if (error != 0) {
    return fail(ErrorCode::kOutput, "{}: cannot be put into place ({})", path_, errno_text(error));
  }
  temporary_.clear();
  lock_.close();
  // EINVAL and EBADF: a folder that cannot be synced, by its file system or because it may not be
  // read.
  if (fsync(folder_.number()) != 0 && errno != EINVAL && errno != EBADF) {
    return fail(ErrorCode::kOutput, "{}: written, but its folder could not be synced ({})", path_,
                errno_text(errno));
  }
  return {};
}

}  // namespace fovea::cli
