#include "tools/fovea/sha256.h"

#include <sys/types.h>

#include <sha2.h>  // of libmd; its types are those of sys/types.h

#include <array>

#include "loaders/formats/read_file.h"
#include "loaders/load_model.h"

namespace fovea::cli {

std::string sha256_hex(std::span<const std::byte> bytes) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  std::array<char, SHA256_DIGEST_STRING_LENGTH> text{};
  return SHA256End(&context, text.data());
}

Result<std::string> file_sha256(const std::filesystem::path& path) {
  auto bytes = read_file(path, LoadLimits{}.max_file_bytes, ErrorCode::kModel);
  if (!bytes) return fail_in(path.string(), std::move(bytes.error()));
  return sha256_hex(bytes->span());
}

}  // namespace fovea::cli
