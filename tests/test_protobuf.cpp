// Protocol buffers' wire format: what is read, and every way in which bytes are none.
#include <gtest/gtest.h>

#include "loaders/formats/protobuf.h"
#include "tests/onnx_files.h"

namespace fovea::test {
namespace {

using std::string_literals::operator""s;

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// The first field, which is read at byte 100 of some file.
Result<ProtoField> first_field(const std::string& message) {
  ProtoReader reader(bytes_of(message), 100, "Thing");
  ProtoField field;
  FOVEA_ASSIGN_OR_RETURN(const bool more, reader.next(field));
  if (!more) return fail(ErrorCode::kModel, "empty");
  return field;
}

std::string refusal_of(const std::string& message) {
  const auto field = first_field(message);
  return field ? "accepted" : field.error().message;
}

TEST(Protobuf, Fields) {
  const std::string message = proto_field(1, 150) + proto_field(2, "text"s) + proto_float(3, 1.5f) +
                              proto_field(536870911, int64_t{-1}) + proto_varint(4 << 3 | 1) +
                              little_endian(0.25);
  ProtoReader reader(bytes_of(message), 0, "Thing");
  ProtoField field;
  ASSERT_TRUE(*reader.next(field));
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(*reader.integer(field), 150);
  EXPECT_FALSE(reader.text(field, 10));
  ASSERT_TRUE(*reader.next(field));
  EXPECT_EQ(*reader.text(field, 4), "text");
  EXPECT_EQ(reader.text(field, 3).error().message,
            "Thing at byte 3: field 2 is text of 4 bytes, limit 3");
  EXPECT_EQ(reader.integer(field).error().message,
            "Thing at byte 3: field 2 has the wire type 2, expected 0");
  ASSERT_TRUE(*reader.next(field));
  EXPECT_EQ(*reader.real(field), 1.5f);
  ASSERT_TRUE(*reader.next(field));
  EXPECT_EQ(field.number, 536870911u);
  EXPECT_EQ(*reader.integer(field), -1);
  ASSERT_TRUE(*reader.next(field));
  EXPECT_EQ(field.type, WireType::kFixed64);
  EXPECT_FALSE(*reader.next(field));
}

TEST(Protobuf, MessagesInside) {
  const std::string message = proto_field(9, proto_field(5, 7));
  ProtoReader reader(bytes_of(message), 40, "Outer");
  ProtoField field;
  ASSERT_TRUE(*reader.next(field));
  auto inner = reader.message(field, "Inner");
  ASSERT_TRUE(inner);
  ASSERT_TRUE(*inner->next(field));
  EXPECT_EQ(field.offset, 42u);
  EXPECT_EQ(*inner->integer(field), 7);
  EXPECT_FALSE(*inner->next(field));
}

TEST(Protobuf, RepeatedNumbersPackedOrNot) {
  const std::string message =
      proto_field(1, 3) + proto_field(1, proto_varint(300) + proto_varint(5));
  ProtoReader reader(bytes_of(message), 0, "Thing");
  ProtoField field;
  std::vector<int64_t> values;
  while (*reader.next(field)) ASSERT_TRUE(reader.append(field, values, 3));
  EXPECT_EQ(values, (std::vector<int64_t>{3, 300, 5}));
  EXPECT_EQ(reader.append(field, values, 3).error().message,
            "Thing at byte 2: field 1 holds too many numbers");

  const std::string reals = proto_field(4, floats({1, 2})) + proto_float(4, 3);
  ProtoReader others(bytes_of(reals), 0, "Thing");
  std::vector<float> numbers;
  while (*others.next(field)) ASSERT_TRUE(others.append(field, numbers, 3));
  EXPECT_EQ(numbers, (std::vector<float>{1, 2, 3}));
  EXPECT_FALSE(others.append(field, numbers, 3));
}

TEST(Protobuf, LongFormsOfSmallNumbers) {
  EXPECT_EQ(first_field("\x08\x81\x80\x00"s)->bits, 1u);
  EXPECT_EQ(first_field("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s)->bits, ~uint64_t{0});
}

TEST(Protobuf, Refusals) {
  EXPECT_EQ(refusal_of("\x00\x01"s),
            "Thing at byte 100: field number 0 is not within 1...536870911");
  EXPECT_EQ(refusal_of(proto_varint(uint64_t{1} << 32) + "\x01"s),
            "Thing at byte 100: field number 536870912 is not within 1...536870911");
  EXPECT_EQ(refusal_of("\x0b"s), "Thing at byte 100: field 1 has the wire type 3, which is none");
  EXPECT_EQ(refusal_of("\x0f"s), "Thing at byte 100: field 1 has the wire type 7, which is none");
  EXPECT_EQ(refusal_of("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"s),
            "Thing at byte 100: a varint has more than 64 bits");
  EXPECT_EQ(refusal_of("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"s),
            "Thing at byte 100: a varint has more than 64 bits");
  EXPECT_EQ(refusal_of("\x0a\x05"s + "1234"),
            "Thing at byte 100: field 1 needs 5 bytes, 4 are left: it is cut short");
  EXPECT_EQ(refusal_of("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f"s),
            "Thing at byte 100: field 1 needs 9223372036854775807 bytes, 0 are left: it is cut "
            "short");
  for (const std::string& cut :
       {"\x80"s, "\x08"s, "\x08\x80"s, "\x0d\x00\x00\x00"s, "\x09\x00"s, "\x0a"s, "\x0a\x80"s})
    EXPECT_NE(refusal_of(cut).find("cut short"), std::string::npos);
}

TEST(Protobuf, TextIsSafeToShow) {
  for (const std::string& text : {"a\nb"s, "\x1b[2J"s, "\xc0\x80"s, "\0"s}) {
    const std::string message = proto_field(1, text);
    ProtoReader reader(bytes_of(message), 0, "Thing");
    ProtoField field;
    ASSERT_TRUE(*reader.next(field));
    EXPECT_FALSE(reader.text(field, 100));
  }
}

TEST(Protobuf, PackedNumbersThatAreCut) {
  const std::string message = proto_field(1, "\x80"s) + proto_field(2, "123"s);
  ProtoReader reader(bytes_of(message), 0, "Thing");
  ProtoField field;
  std::vector<int64_t> integers;
  std::vector<float> numbers;
  ASSERT_TRUE(*reader.next(field));
  EXPECT_FALSE(reader.append(field, integers, 100));
  ASSERT_TRUE(*reader.next(field));
  EXPECT_FALSE(reader.append(field, numbers, 100));
}

}  // namespace
}  // namespace fovea::test
