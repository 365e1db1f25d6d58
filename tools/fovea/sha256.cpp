#include "tools/fovea/sha256.h"

#include <sys/types.h>

#include <sha2.h>  // of libmd; its types are those of sys/types.h

#include <array>

namespace fovea::cli {

std::string sha256_hex(std::span<const std::byte> bytes) {
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  std::array<char, SHA256_DIGEST_STRING_LENGTH> text{};
  return SHA256End(&context, text.data());
}

}  // namespace fovea::cli
