// What every function of fovea.h does at its edge: failures to codes, and structs that grow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <string_view>

#include "engine/fovea.h"
#include "engine/status.h"

namespace fovea::c {

/// Fills *error, where there is one, and returns `code`.
fovea_code tell(fovea_error* error, fovea_code code, std::string_view message) noexcept;

/// What `body`, which returns a Status, says; nothing that it throws goes further.
template <class Body>
fovea_code guarded(fovea_error* error, Body body) noexcept {
  try {
    const Status status = body();
    if (!status)
      return tell(error, static_cast<fovea_code>(status.error().code), status.error().message);
    return tell(error, FOVEA_OK, "");
  } catch (const std::bad_alloc&) {
    return tell(error, FOVEA_ERROR_MEMORY, "no memory left; free some or use smaller pictures");
  } catch (const std::exception& failure) {
    return tell(error, FOVEA_ERROR_INTERNAL, failure.what());
  } catch (...) {
    return tell(error, FOVEA_ERROR_INTERNAL, "an exception of an unknown kind");
  }
}

/// kUsage, naming the argument, where a pointer is null.
Status check_pointer(const void* pointer, std::string_view name);

/// Copies a caller's versioned struct, which begins with its size as the caller knows it, over
/// `known` bytes of zeros: what it lacks stays zero, and what it has beyond must be. kUsage where
/// that is not so, or where the size is less than `first`, that of the struct's first version.
Status read_bytes(const void* given, std::string_view name, size_t first, size_t known, void* read);

/// The same of a struct whose fields mean what is usual where they are zero, and of none at all.
template <class Struct>
Result<Struct> read_struct(const Struct* given, std::string_view name) {
  Struct read{};
  if (given != nullptr) FOVEA_TRY(read_bytes(given, name, sizeof read, sizeof read, &read));
  return read;
}

/// Fills a caller's versioned struct as far as the caller knows it, and the rest with zeros.
template <class Struct>
void write_struct(Struct value, Struct& taken) {
  value.struct_size = taken.struct_size;
  std::memset(static_cast<void*>(&taken), 0, taken.struct_size);
  std::memcpy(static_cast<void*>(&taken), &value, std::min(value.struct_size, sizeof value));
}

}  // namespace fovea::c
