#include "tools/fovea/descriptor_io.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

// Small enough for a signal to be seen soon, large enough for the calls to cost nothing.
constexpr size_t kPiece = size_t{1} << 20;

tl::unexpected<Error> stopped(const std::string& name) {
  return fail(ErrorCode::kCancelled, "{}: stopped by a signal", name);
}

// Writes what one call takes and steps over it; nothing where a signal came first.
Status write_piece(int descriptor, std::span<const std::byte>& bytes, const std::string& name) {
  const ssize_t put = write(descriptor, bytes.data(), std::min(kPiece, bytes.size()));
  if (put < 0 && errno != EINTR) {
    return fail(ErrorCode::kOutput, "{}: cannot be written ({}); see to space and permissions",
                name, errno_text(errno));
  }
  if (put > 0) bytes = bytes.subspan(static_cast<size_t>(put));
  return {};
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    close();
    number_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(number_, -1); }

int Descriptor::close() {
  const int number = release();
  return number >= 0 && ::close(number) != 0 ? errno : 0;
}

std::string errno_text(int error) { return std::generic_category().message(error); }

Result<std::vector<std::byte>> read_stream(int descriptor, const std::string& name, size_t limit) {
  std::vector<std::byte> bytes;
  while (bytes.size() <= limit) {
    if (interrupted() != 0) return stopped(name);
    const size_t old = bytes.size();
    bytes.resize(old + kPiece);
    const ssize_t got = read(descriptor, bytes.data() + old, kPiece);
    const int error = errno;
    bytes.resize(old + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return bytes;
    if (got < 0 && error != EINTR) {
      return fail(ErrorCode::kPicture, "{}: cannot be read ({}); give a picture", name,
                  errno_text(error));
    }
  }
  return fail(ErrorCode::kPicture, "{}: more than {} bytes (the limit); use a smaller picture",
              name, limit);
}

Status write_all(int descriptor, std::span<const std::byte> bytes, const std::string& name) {
  while (!bytes.empty()) {
    if (interrupted() != 0) return stopped(name);
    FOVEA_TRY(write_piece(descriptor, bytes, name));
  }
  return {};
}

Status print(const std::string& text) {
  const std::string name = "standard output";
  std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  while (!bytes.empty()) {
    const size_t before = bytes.size();
    FOVEA_TRY(write_piece(STDOUT_FILENO, bytes, name));
    if (bytes.size() == before && interrupted() != 0) return stopped(name);
  }
  return {};
}

}  // namespace fovea::cli
