#include "engine/c_boundary.h"

namespace fovea::c {
namespace {

// No version will have a struct as large; a size that is beyond was never set.
constexpr size_t kLargestStruct = 4096;

// Where `text` ends when it may have `limit` bytes: never inside of a character of UTF-8.
size_t cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text.size();
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0) == 0x80) --limit;
  return limit;
}

}  // namespace

fovea_code tell(fovea_error* error, fovea_code code, std::string_view message) noexcept {
  if (error == nullptr) return code;
  error->code = code;
  const size_t length = cut(message, FOVEA_MESSAGE_BYTES - 1);
  std::memcpy(error->message, message.data(), length);
  error->message[length] = '\0';
  return code;
}

Status check_pointer(const void* pointer, std::string_view name) {
  if (pointer != nullptr) return {};
  return fail(ErrorCode::kUsage, "{}: is NULL; give one", name);
}

Status read_bytes(const void* given, std::string_view name, size_t first, size_t known,
                  void* read) {
  size_t size = 0;
  std::memcpy(&size, given, sizeof size);
  if (size < first || size > kLargestStruct)
    return fail(ErrorCode::kUsage,
                "{}: struct_size is {}, and {} in this version; begin with the INIT macro", name,
                size, known);
  const auto* bytes = static_cast<const unsigned char*>(given);
  if (std::any_of(bytes + std::min(size, known), bytes + size,
                  [](unsigned char byte) { return byte != 0; }))
    return fail(ErrorCode::kUsage,
                "{}: has fields that this version of the library does not know; leave them zero",
                name);
  std::memcpy(read, given, std::min(size, known));
  return {};
}

}  // namespace fovea::c
