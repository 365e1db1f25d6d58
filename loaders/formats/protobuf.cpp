#include "loaders/formats/protobuf.h"

#include <bit>
#include <cstring>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

// Seven bits a byte, the lowest first; the tenth byte has the last one. Longer forms of small
// numbers are protobuf's too: writers leave room for a length that they do not know yet.
Result<uint64_t> read_varint(ByteReader& reader) {
  constexpr int kMaxShift = 63;
  uint64_t value = 0;
  for (int shift = 0; shift <= kMaxShift; shift += 7) {
    FOVEA_ASSIGN_OR_RETURN(const uint8_t byte, reader.read_u8("a varint"));
    if (shift == kMaxShift && byte > 1) break;
    value |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) return value;
  }
  return fail(ErrorCode::kModel, "a varint has more than 64 bits");
}

}  // namespace

Result<bool> ProtoReader::next(ProtoField& field) {
  if (reader_.remaining() == 0) return false;
  field = {};
  field.offset = start_ + reader_.offset();
  const auto at = [&](Error error) {
    return fail(error.code, "{} at byte {}: {}", what_, field.offset, error.message);
  };
  const auto key = read_varint(reader_);
  if (!key) return at(key.error());
  constexpr uint64_t kMaxNumber = (uint64_t{1} << 29) - 1;
  const uint64_t number = *key >> 3;
  if (number == 0 || number > kMaxNumber)
    return fail(ErrorCode::kModel, "{} at byte {}: field number {} is not within 1...{}", what_,
                field.offset, number, kMaxNumber);
  field.number = static_cast<uint32_t>(number);
  switch (*key & 7) {
    case static_cast<uint64_t>(WireType::kVarint): {
      const auto value = read_varint(reader_);
      if (!value) return at(value.error());
      field.bits = *value;
      break;
    }
    case static_cast<uint64_t>(WireType::kFixed64): {
      const auto value = reader_.read_u64("a number");
      if (!value) return at(value.error());
      field.bits = *value;
      break;
    }
    case static_cast<uint64_t>(WireType::kFixed32): {
      const auto value = reader_.read_u32("a number");
      if (!value) return at(value.error());
      field.bits = *value;
      break;
    }
    case static_cast<uint64_t>(WireType::kBytes): {
      const auto length = read_varint(reader_);
      if (!length) return at(length.error());
      const size_t remaining = reader_.remaining();
      if (*length > remaining)
        return fail(ErrorCode::kModel,
                    "{} at byte {}: field {} needs {} bytes, {} are left: it is cut short", what_,
                    field.offset, number, *length, remaining);
      FOVEA_ASSIGN_OR_RETURN(field.bytes, reader_.take(*length, "a field"));
      break;
    }
    default:
      return fail(ErrorCode::kModel, "{} at byte {}: field {} has the wire type {}, which is none",
                  what_, field.offset, number, *key & 7);
  }
  field.type = static_cast<WireType>(*key & 7);
  return true;
}

Result<ProtoReader> ProtoReader::message(const ProtoField& field, std::string_view what) const {
  FOVEA_TRY(need(field, WireType::kBytes));
  // A message's bytes end where its field ends, and that is where the reader is.
  const size_t end = start_ + reader_.offset();
  return ProtoReader(field.bytes, end - field.bytes.size(), what);
}

Result<int64_t> ProtoReader::integer(const ProtoField& field) const {
  FOVEA_TRY(need(field, WireType::kVarint));
  return static_cast<int64_t>(field.bits);
}

Result<float> ProtoReader::real(const ProtoField& field) const {
  FOVEA_TRY(need(field, WireType::kFixed32));
  return std::bit_cast<float>(static_cast<uint32_t>(field.bits));
}

Result<std::span<const std::byte>> ProtoReader::bytes(const ProtoField& field) const {
  FOVEA_TRY(need(field, WireType::kBytes));
  return field.bytes;
}

Result<std::string_view> ProtoReader::text(const ProtoField& field, size_t max_bytes) const {
  FOVEA_TRY(need(field, WireType::kBytes));
  const std::string_view text(reinterpret_cast<const char*>(field.bytes.data()),
                              field.bytes.size());
  if (text.size() > max_bytes)
    return fail(ErrorCode::kModel, "{} at byte {}: field {} is text of {} bytes, limit {}", what_,
                field.offset, field.number, text.size(), max_bytes);
  if (!is_utf8(text)) return refuse(field, "is not UTF-8");
  if (has_control_characters(text)) return refuse(field, "holds control characters");
  return text;
}

Status ProtoReader::append(const ProtoField& field, std::vector<int64_t>& values,
                           size_t max_count) const {
  ByteReader packed(field.bytes);
  if (field.type == WireType::kVarint) {
    if (values.size() == max_count) return refuse(field, "holds too many numbers");
    values.push_back(static_cast<int64_t>(field.bits));
    return {};
  }
  FOVEA_TRY(need(field, WireType::kBytes));
  while (packed.remaining() > 0) {
    const auto value = read_varint(packed);
    if (!value) return refuse(field, value.error().message);
    if (values.size() == max_count) return refuse(field, "holds too many numbers");
    values.push_back(static_cast<int64_t>(*value));
  }
  return {};
}

Status ProtoReader::append(const ProtoField& field, std::vector<float>& values,
                           size_t max_count) const {
  return append_fixed(field, WireType::kFixed32, values, max_count);
}

Status ProtoReader::append(const ProtoField& field, std::vector<double>& values,
                           size_t max_count) const {
  return append_fixed(field, WireType::kFixed64, values, max_count);
}

template <class T>
Status ProtoReader::append_fixed(const ProtoField& field, WireType alone, std::vector<T>& values,
                                 size_t max_count) const {
  const size_t before = values.size();
  if (field.type == alone) {
    if (before == max_count) return refuse(field, "holds too many numbers");
    T value;
    std::memcpy(&value, &field.bits, sizeof(T));  // the low bytes: little-endian
    values.push_back(value);
    return {};
  }
  FOVEA_TRY(need(field, WireType::kBytes));
  if (field.bytes.size() % sizeof(T) != 0)
    return refuse(field, "is no whole number of packed numbers");
  const size_t count = field.bytes.size() / sizeof(T);
  if (count > max_count - before) return refuse(field, "holds too many numbers");
  values.resize(before + count);
  if (count > 0) std::memcpy(values.data() + before, field.bytes.data(), field.bytes.size());
  return {};
}

Status ProtoReader::need(const ProtoField& field, WireType type) const {
  if (field.type == type) return {};
  return fail(ErrorCode::kModel, "{} at byte {}: field {} has the wire type {}, expected {}", what_,
              field.offset, field.number, static_cast<int>(field.type), static_cast<int>(type));
}

tl::unexpected<Error> ProtoReader::refuse(const ProtoField& field, std::string_view why) const {
  return fail(ErrorCode::kModel, "{} at byte {}: field {} {}", what_, field.offset, field.number,
              why);
}

}  // namespace fovea
