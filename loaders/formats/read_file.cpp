#include "loaders/formats/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <system_error>

namespace fovea {
namespace {

// One read() moves at most about 2 GiB on Linux.
constexpr size_t kMaxReadBytes = size_t{1} << 30;

class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

std::string error_text(int number, Links links = Links::kFollow) {
  switch (number) {
    case ENOENT:
      return "no such file; check the name";
    case EACCES:
      return "no permission to read it; change the permissions";
    case ELOOP:
      return links == Links::kRefuse ? "a symbolic link; put the file itself there"
                                     : "a loop of symbolic links; give a regular file";
    default:
      return std::generic_category().message(number) + "; check the disk and the path";
  }
}

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

// Up to `count` bytes; fewer only at the end of the file. -1 with errno set on failure.
ssize_t read_fully(int descriptor, std::byte* out, size_t count) {
  size_t done = 0;
  while (done < count) {
    const ssize_t got = ::read(descriptor, out + done, std::min(count - done, kMaxReadBytes));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return static_cast<ssize_t>(done);
}

// Memory for a file, in huge pages where the system has them: the 16,000 page faults of a network
// of 67 MB take as long as reading it. Null where there is no memory.
std::shared_ptr<std::byte[]> allocate(size_t size) {
  constexpr size_t kHugePage = size_t{2} << 20;
  if (size < 2 * kHugePage)
    return std::shared_ptr<std::byte[]>(new (std::nothrow) std::byte[std::max<size_t>(size, 1)]);
  void* data = nullptr;
  if (::posix_memalign(&data, kHugePage, size) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
  // Whole ones alone, so that no more memory is used than the file has bytes.
  (void)::madvise(data, size / kHugePage * kHugePage, MADV_HUGEPAGE);
#endif
  return {static_cast<std::byte*>(data), [](std::byte* bytes) { std::free(bytes); }};
}

}  // namespace

Result<FileBytes> read_file(const std::filesystem::path& path, size_t max_bytes, ErrorCode code,
                            Links links) {
  // O_NONBLOCK: opening a named pipe that nobody writes to would wait for a writer.
  int opened;
  do {
    opened = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY |
                                      (links == Links::kRefuse ? O_NOFOLLOW : 0));
  } while (opened < 0 && errno == EINTR);
  if (opened < 0) {
    if (errno == ENXIO) return fail(code, "is a socket or a device; give a file");
    return fail(code, "{}", error_text(errno, links));
  }
  const FileDescriptor file(opened);

  struct stat status {};
  if (::fstat(file.get(), &status) != 0) return fail(code, "{}", error_text(errno));
  if (!S_ISREG(status.st_mode))
    return fail(code, "is {}; give a regular file", kind_of(status.st_mode));
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size > max_bytes)
    return fail(code, "is {} bytes, limit {}; use a smaller one", size, max_bytes);

  const auto byte_count = static_cast<size_t>(size);
  std::shared_ptr<std::byte[]> bytes = allocate(byte_count);
  if (!bytes) return fail(ErrorCode::kMemory, "no memory for its {} bytes; free some", byte_count);

  const ssize_t got = read_fully(file.get(), bytes.get(), byte_count);
  if (got < 0) return fail(code, "{}", error_text(errno));
  std::byte beyond{};
  const ssize_t more = read_fully(file.get(), &beyond, 1);
  if (static_cast<size_t>(got) != byte_count || more != 0)
    return fail(code, "its size changed while it was read ({} bytes at first); try again",
                byte_count);
  return FileBytes{std::move(bytes), byte_count};
}

}  // namespace fovea
