// Protocol buffers' wire format: a message as its fields, one after the other. What the fields mean
// is the caller's business; nothing here recurses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/status.h"
#include "loaders/formats/byte_reader.h"

namespace fovea {

/// How a field is stored. Groups (3 and 4) were given up long ago and are refused.
enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

/// One field: its number and its content, not copied.
struct ProtoField {
  uint32_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t bits = 0;                 // of a varint or a fixed number
  std::span<const std::byte> bytes;  // of kBytes: text, a message, packed numbers
  size_t offset = 0;                 // of the field in the file
};

/// Reads the fields of a message. Errors name the message and the offset in the file.
class ProtoReader {
 public:
  /// The fields of `message`, which lies at `offset` in its file; `what` names its kind and must
  /// outlive the reader.
  ProtoReader(std::span<const std::byte> message, size_t offset, std::string_view what)
      : reader_(message), start_(offset), what_(what) {}

  /// The next field into `field`; false where the message ends.
  Result<bool> next(ProtoField& field);

  /// The reader of the message that `field` holds. kModel where it holds none.
  Result<ProtoReader> message(const ProtoField& field, std::string_view what) const;

  /// The values of a field, which kModel says it does not hold where it does not.
  Result<int64_t> integer(const ProtoField& field) const;
  Result<float> real(const ProtoField& field) const;
  Result<std::span<const std::byte>> bytes(const ProtoField& field) const;

  /// Text for a person or to compare with: UTF-8 of at most `max_bytes` without control characters.
  Result<std::string_view> text(const ProtoField& field, size_t max_bytes) const;

  /// Appends the numbers of a repeated field, packed or one alone. At most `max_count` in all.
  Status append(const ProtoField& field, std::vector<int64_t>& values, size_t max_count) const;
  Status append(const ProtoField& field, std::vector<float>& values, size_t max_count) const;
  Status append(const ProtoField& field, std::vector<double>& values, size_t max_count) const;

 private:
  template <class T>
  Status append_fixed(const ProtoField& field, WireType alone, std::vector<T>& values,
                      size_t max_count) const;
  Status need(const ProtoField& field, WireType type) const;
  tl::unexpected<Error> refuse(const ProtoField& field, std::string_view why) const;

  ByteReader reader_;
  size_t start_;
  std::string_view what_;
};

}  // namespace fovea
