#include "loaders/formats/unpickler.h"

#include <bit>
#include <utility>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

// Python's names.
enum Opcode : uint8_t {
  kProto = 0x80,
  kStop = '.',
  kMark = '(',
  kNone = 'N',
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kLong1 = 0x8a,
  kBinFloat = 'G',
  kBinUnicode = 'X',
  kShortBinString = 'U',
  kEmptyTuple = ')',
  kTuple = 't',
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kEmptyDict = '}',
  kSetItem = 's',
  kSetItems = 'u',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kGlobal = 'c',
  kReduce = 'R',
  kBuild = 'b',
  kBinPersId = 'Q'
};

constexpr uint8_t kProtocol = 2;
constexpr uint64_t kMaxText = 64 << 10;
constexpr size_t kMaxName = 256;
constexpr size_t kMaxLong = 8;  // bytes

Result<uint8_t> read_byte(ByteReader& reader, std::string_view what) {
  FOVEA_ASSIGN_OR_RETURN(const auto byte, reader.take(1, what));
  return std::to_integer<uint8_t>(byte[0]);
}

// A line of text up to its end, without it.
Result<std::string_view> read_line(ByteReader& reader) {
  std::string_view line;
  for (;;) {
    FOVEA_ASSIGN_OR_RETURN(const auto byte, reader.take(1, "a name of the pickle"));
    const char* const c = reinterpret_cast<const char*>(byte.data());
    if (*c == '\n') return line;
    line = line.empty() ? std::string_view(c, 1) : std::string_view(line.data(), line.size() + 1);
    if (line.size() > kMaxName)
      return fail(ErrorCode::kModel, "the pickle has a name of more than {} bytes: {}", kMaxName,
                  shown(line));
  }
}

PickleValue of_kind(PickleKind kind, int64_t integer = 0) {
  PickleValue value;
  value.kind = kind;
  value.integer = integer;
  return value;
}

}  // namespace

Result<PickleId> Unpickler::run() {
  const size_t first = pickle_.values_.size();
  FOVEA_ASSIGN_OR_RETURN(const PickleId result, run_opcodes());
  FOVEA_TRY(check_keys(first));
  return result;
}

Result<PickleId> Unpickler::run_opcodes() {
  const size_t begin = reader_.offset();
  FOVEA_ASSIGN_OR_RETURN(const uint8_t first, read_byte(reader_, "the pickle"));
  FOVEA_ASSIGN_OR_RETURN(const uint8_t protocol, read_byte(reader_, "the pickle's protocol"));
  if (first != kProto || protocol != kProtocol)
    return fail(
        ErrorCode::kModel,
        "the pickle at byte {} is not of protocol {}; save it again with torch.save and its "
        "default protocol",
        begin, kProtocol);
  for (size_t count = 0; count < Pickle::kMaxOpcodes; ++count) {
    const size_t offset = reader_.offset();
    if (offset - begin > Pickle::kMaxBytes)
      return fail(ErrorCode::kModel, "the pickle has more than {} bytes", Pickle::kMaxBytes);
    FOVEA_ASSIGN_OR_RETURN(const uint8_t opcode, read_byte(reader_, "the pickle's next opcode"));
    if (opcode == kStop) {
      if (stack_.size() != 1 || !marks_.empty())
        return fail(ErrorCode::kModel, "the pickle ends at byte {} with {} values, expected one",
                    offset, stack_.size());
      return stack_[0];
    }
    auto status = step(opcode);
    if (!status)
      return fail_in(fmt::format("the pickle's opcode at byte {}", offset),
                     std::move(status.error()));
  }
  return fail(ErrorCode::kModel, "the pickle has more than {} opcodes", Pickle::kMaxOpcodes);
}

Status Unpickler::step(uint8_t opcode) {
  switch (opcode) {
    case kMark:
      marks_.push_back(stack_.size());
      return {};
    case kNone:
      push({});
      return {};
    case kNewTrue:
    case kNewFalse:
      push(of_kind(PickleKind::kBool, opcode == kNewTrue ? 1 : 0));
      return {};
    case kBinInt:
    case kBinInt1:
    case kBinInt2:
    case kLong1:
    case kBinFloat:
      return push_number(opcode);
    case kBinUnicode:
    case kShortBinString: {
      FOVEA_ASSIGN_OR_RETURN(const uint32_t length,
                             read_short_or_long(opcode == kShortBinString, "a text's length"));
      return push_text(length);
    }
    case kEmptyTuple:
      return push_tuple(0);
    case kTuple1:
    case kTuple2:
    case kTuple3:
      return push_tuple(size_t{1} + opcode - kTuple1);
    case kTuple: {
      FOVEA_ASSIGN_OR_RETURN(auto items, pop_to_mark());
      PickleValue tuple = of_kind(PickleKind::kTuple);
      tuple.items = std::move(items);
      push(std::move(tuple));
      return {};
    }
    case kEmptyList:
      push(of_kind(PickleKind::kList));
      return {};
    case kEmptyDict:
      push(of_kind(PickleKind::kDict));
      return {};
    case kAppend: {
      FOVEA_ASSIGN_OR_RETURN(const PickleId item, pop());
      return append_items({item});
    }
    case kAppends: {
      FOVEA_ASSIGN_OR_RETURN(const auto items, pop_to_mark());
      return append_items(items);
    }
    case kSetItem: {
      FOVEA_ASSIGN_OR_RETURN(const PickleId item, pop());
      FOVEA_ASSIGN_OR_RETURN(const PickleId key, pop());
      return set_items({key, item});
    }
    case kSetItems: {
      FOVEA_ASSIGN_OR_RETURN(auto items, pop_to_mark());
      return set_items(std::move(items));
    }
    case kBinGet:
    case kLongBinGet: {
      FOVEA_ASSIGN_OR_RETURN(const uint32_t index,
                             read_short_or_long(opcode == kBinGet, "a memo's index"));
      return recall(index);
    }
    case kBinPut:
    case kLongBinPut: {
      FOVEA_ASSIGN_OR_RETURN(const uint32_t index,
                             read_short_or_long(opcode == kBinPut, "a memo's index"));
      return memoize(index);
    }
    case kGlobal:
      return push_global();
    case kReduce:
      return reduce();
    case kBuild:
      return build();
    case kBinPersId:
      return push_storage();
    default:
      return fail(ErrorCode::kModel,
                  "0x{:02x} is none that a state dict is written with; save its state dict again "
                  "with torch.save",
                  opcode);
  }
}

Result<uint32_t> Unpickler::read_short_or_long(bool is_short, std::string_view what) {
  if (!is_short) return reader_.read_u32(what);
  FOVEA_ASSIGN_OR_RETURN(const uint8_t byte, read_byte(reader_, what));
  return uint32_t{byte};
}

Status Unpickler::push_number(uint8_t opcode) {
  if (opcode == kBinInt) {
    FOVEA_ASSIGN_OR_RETURN(const uint32_t bits, reader_.read_u32("a number"));
    push(of_kind(PickleKind::kInt, std::bit_cast<int32_t>(bits)));
  } else if (opcode == kBinInt1) {
    FOVEA_ASSIGN_OR_RETURN(const uint8_t byte, read_byte(reader_, "a number"));
    push(of_kind(PickleKind::kInt, byte));
  } else if (opcode == kBinInt2) {
    FOVEA_ASSIGN_OR_RETURN(const uint16_t number, reader_.read_u16("a number"));
    push(of_kind(PickleKind::kInt, number));
  } else if (opcode == kBinFloat) {
    // Big-endian, unlike all others.
    FOVEA_ASSIGN_OR_RETURN(const uint64_t bits, reader_.read_u64("a number"));
    PickleValue value = of_kind(PickleKind::kFloat);
    value.real = std::bit_cast<double>(__builtin_bswap64(bits));
    push(std::move(value));
  } else {
    FOVEA_ASSIGN_OR_RETURN(const uint8_t length, read_byte(reader_, "a number's length"));
    if (length > kMaxLong)
      return fail(ErrorCode::kModel, "a number of {} bytes, more than {}", length, kMaxLong);
    FOVEA_ASSIGN_OR_RETURN(const auto bytes, reader_.take(length, "a number"));
    uint64_t bits = length > 0 && (std::to_integer<uint8_t>(bytes.back()) & 0x80) != 0
                        ? ~uint64_t{0}
                        : uint64_t{0};
    for (size_t i = length; i-- > 0;) bits = bits << 8 | std::to_integer<uint64_t>(bytes[i]);
    push(of_kind(PickleKind::kInt, std::bit_cast<int64_t>(bits)));
  }
  return {};
}

Status Unpickler::push_text(uint64_t length) {
  if (length > kMaxText)
    return fail(ErrorCode::kModel, "a text of {} bytes, more than {}", length, kMaxText);
  FOVEA_ASSIGN_OR_RETURN(const auto bytes, reader_.take(length, "a text"));
  PickleValue value = of_kind(PickleKind::kString);
  value.text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  if (!is_utf8(value.text))
    return fail(ErrorCode::kModel, "the text {} is no UTF-8", shown(value.text));
  push(std::move(value));
  return {};
}

Status Unpickler::push_global() {
  FOVEA_ASSIGN_OR_RETURN(const std::string_view module, read_line(reader_));
  FOVEA_ASSIGN_OR_RETURN(const std::string_view name, read_line(reader_));
  const auto known = find_pickle_global(module, name);
  if (!known)
    return fail(ErrorCode::kModel,
                "it imports {}, and fovea reads numbers alone, never code; load it where you trust "
                "it and save its state_dict() with torch.save or safetensors",
                shown(std::string(module) + "." + std::string(name)));
  push(of_kind(PickleKind::kGlobal, static_cast<int64_t>(globals_.size())));
  globals_.push_back(*known);
  return {};
}

}  // namespace fovea
