#include "tests/torch_files.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "tests/model_files.h"
#include "tests/zip_files.h"

namespace fovea::test {
namespace pickled {
namespace {

std::string bytes_of(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

// An opcode and what follows it.
std::string after(char opcode, const std::string& rest) {
  std::string text(1, opcode);
  text += rest;
  return text;
}

std::string pieces(const Pairs& items) {
  std::string text;
  for (const auto& [key, value] : items) text += key + value;
  return text;
}

std::vector<std::string> storage_fields(std::string_view type, std::string_view key,
                                        int64_t elements) {
  return {text("storage"), global("torch", type), text(key), text("cpu"), number(elements)};
}

}  // namespace

std::string none() { return "N"; }
std::string truth(bool value) { return bytes_of({value ? 0x88 : 0x89}); }

std::string number(int64_t value) {
  if (value >= 0 && value < 256) return after('K', little_endian(static_cast<uint8_t>(value)));
  if (value >= 0 && value < 65536) return after('M', little_endian(static_cast<uint16_t>(value)));
  if (value == static_cast<int32_t>(value))
    return after('J', little_endian(static_cast<int32_t>(value)));
  return bytes_of({0x8a, 8}) + little_endian(value);
}

std::string real(double value) {
  return after('G', little_endian(__builtin_bswap64(std::bit_cast<uint64_t>(value))));
}

std::string text(std::string_view value) {
  return after('X', little_endian(static_cast<uint32_t>(value.size())) + std::string(value));
}

std::string global(std::string_view module, std::string_view name) {
  return after('c', std::string(module) + "\n" + std::string(name) + "\n");
}

std::string tuple(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += item;
  switch (items.size()) {
    case 0:
      return ")";
    case 1:
    case 2:
    case 3:
      return text + bytes_of({0x84 + static_cast<int>(items.size())});
    default:
      return "(" + text + "t";
  }
}

std::string numbers(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(number(value));
  return tuple(items);
}

std::string list(const std::vector<std::string>& items) {
  std::string text = "](";
  for (const std::string& item : items) text += item;
  return text + "e";
}

std::string dict(const Pairs& items) { return "}(" + pieces(items) + "u"; }

std::string ordered_dict(const Pairs& items) {
  return call(global("collections", "OrderedDict"), {}) + "(" + pieces(items) + "u";
}

std::string call(const std::string& callee, const std::vector<std::string>& arguments) {
  return callee + tuple(arguments) + "R";
}

std::string storage(std::string_view type, std::string_view key, int64_t elements) {
  return tuple(storage_fields(type, key, elements)) + "Q";
}

std::string legacy_storage(std::string_view type, std::string_view key, int64_t elements,
                           const std::string& view) {
  auto fields = storage_fields(type, key, elements);
  fields.push_back(view);
  return tuple(fields) + "Q";
}

std::string tensor(const std::string& storage, int64_t offset, const std::vector<int64_t>& shape,
                   const std::vector<int64_t>& strides) {
  return call(global("torch._utils", "_rebuild_tensor_v2"),
              {storage, number(offset), numbers(shape), numbers(strides), truth(false),
               call(global("collections", "OrderedDict"), {})});
}

std::vector<int64_t> strides_of(const std::vector<int64_t>& shape) {
  std::vector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= std::max<int64_t>(shape[i], 1);
  }
  return strides;
}

std::string whole(const std::string& piece) { return bytes_of({0x80, 2}) + piece + "."; }

}  // namespace pickled

std::string torch_zip(const std::string& piece, const Storages& storages) {
  std::vector<ZipFileMember> members(3);
  members[0].name = "archive/data.pkl";
  members[0].data = pickled::whole(piece);
  members[1].name = "archive/byteorder";
  members[1].data = "little";
  for (const auto& [key, bytes] : storages) {
    ZipFileMember member;
    member.name = "archive/data/" + key;
    member.data = bytes;
    members.insert(members.end() - 1, member);
  }
  members.back().name = "archive/version";
  members.back().data = "3\n";
  for (ZipFileMember& member : members) member.flags = 0x0808;  // as PyTorch has them
  ZipFileEnd end;
  end.zip64 = true;
  return zip_file(members, end);
}

std::string legacy_head() {
  using namespace pickled;
  const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
  return whole(magic) + whole(number(1001)) +
         whole(dict({{text("protocol_version"), number(1001)},
                     {text("little_endian"), truth(true)},
                     {text("type_sizes"), dict({{text("int"), number(4)}})}}));
}

std::string torch_legacy(const std::string& piece, const std::vector<LegacyStorage>& storages) {
  std::vector<std::string> keys;
  std::string numbers;
  for (const LegacyStorage& storage : storages) {
    keys.push_back(pickled::text(storage.key));
    numbers +=
        little_endian(static_cast<int64_t>(storage.bytes.size()) / storage.element) + storage.bytes;
  }
  return legacy_head() + pickled::whole(piece) + pickled::whole(pickled::list(keys)) + numbers;
}

std::string torch_zip_of(const std::vector<NamedValues>& tensors, std::string_view wrapper) {
  using namespace pickled;
  Pairs items;
  Storages storages;
  for (const NamedValues& named : tensors) {
    const std::string key = std::to_string(items.size());
    const auto count = static_cast<int64_t>(named.values.size());
    items.emplace_back(text(named.name), tensor(storage("FloatStorage", key, count), 0, named.shape,
                                                strides_of(named.shape)));
    storages.emplace_back(key, floats(named.values));
  }
  std::string piece = ordered_dict(items);
  if (!wrapper.empty()) piece = dict({{text(wrapper), piece}, {text("iter"), number(7)}});
  return torch_zip(piece, storages);
}

std::string torch_legacy_of(const std::vector<NamedValues>& tensors) {
  using namespace pickled;
  Pairs items;
  std::vector<LegacyStorage> storages;
  for (const NamedValues& named : tensors) {
    const std::string key = std::to_string(9000 + items.size());
    const auto count = static_cast<int64_t>(named.values.size());
    items.emplace_back(text(named.name), tensor(legacy_storage("FloatStorage", key, count), 0,
                                                named.shape, strides_of(named.shape)));
    storages.push_back({key, floats(named.values)});
  }
  return torch_legacy(ordered_dict(items), storages);
}

}  // namespace fovea::test
