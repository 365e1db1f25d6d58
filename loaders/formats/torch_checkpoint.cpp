#include "loaders/formats/torch_checkpoint.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <string>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/state_dict.h"
#include "loaders/formats/text.h"
#include "loaders/formats/zip_archive.h"

namespace fovea {
namespace {

using std::string_view_literals::operator""sv;

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// A storage's numbers in the file, and what was said of it where it was first named.
struct Placed {
  DType dtype = DType::kF32;
  int64_t elements = 0;
  size_t offset = 0;
};

Status check_same(const PickleStorage& storage, const Placed& placed) {
  if (storage.dtype == placed.dtype && storage.elements == placed.elements) return {};
  return fail(ErrorCode::kModel, "the storage {} is named as {} of {} and as {} of {}",
              shown(storage.key), placed.elements, to_string(placed.dtype), storage.elements,
              to_string(storage.dtype));
}

// ---------------------------------------------------------------------------------- since 1.6

// The small members beside the pickle, where they are there: text in UTF-8, of which `is_good`
// thinks well.
template <class IsGood>
Status check_note(const ZipArchive& archive, std::string_view name, std::string_view expected,
                  IsGood is_good) {
  const ZipMember* const member = archive.find(name);
  if (member == nullptr) return {};
  FOVEA_ASSIGN_OR_RETURN(const auto bytes, archive.read(name, *member));
  const std::string_view text = text_of(bytes);
  if (is_utf8(text) && is_good(text)) return {};
  return fail(ErrorCode::kModel, "the archive's {} is {}, expected {}", name, shown(text),
              expected);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool is_version(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text == "10" || (text.size() == 1 && text[0] >= '1' && text[0] <= '9');
}

Status check_notes(const ZipArchive& archive) {
  if (archive.find("version") == nullptr)
    return fail(ErrorCode::kModel, "the zip archive has no version");
  FOVEA_TRY(check_note(archive, "version", "1...10", is_version));
  FOVEA_TRY(check_note(archive, "byteorder", "'little'",
                       [](std::string_view text) { return text == "little"; }));
  for (const char* name : {".format_version", ".storage_alignment"})
    FOVEA_TRY(check_note(archive, name, "a number", is_number));
  return check_note(archive, ".data/serialization_id", "text in UTF-8",
                    [](std::string_view) { return true; });
}

class ZipStorages {
 public:
  ZipStorages(const FileBytes& file, const ZipArchive& archive) : file_(file), archive_(archive) {}

  // Finds all storages of a pickle, those of no weight too.
  Status place(const std::vector<PickleStorage>& storages) {
    for (const PickleStorage& storage : storages) {
      auto found = placed_.find(storage.key);
      if (found == placed_.end()) {
        FOVEA_ASSIGN_OR_RETURN(const Record record, find(storage));
        found = placed_.emplace(storage.key, record).first;
      }
      FOVEA_TRY(check_same(storage, found->second.placed));
    }
    return {};
  }

  // The checksums of those that are weights alone are looked at, once each.
  Result<std::shared_ptr<const std::byte[]>> operator()(const PickleStorage& storage) {
    Record& record = placed_.find(storage.key)->second;
    if (!record.is_checked) FOVEA_TRY(archive_.read(record.name, *record.member));
    record.is_checked = true;
    return file_.at(record.placed.offset);
  }

 private:
  struct Record {
    Placed placed;
    std::string name;
    const ZipMember* member = nullptr;
    bool is_checked = false;
  };

  Result<Record> find(const PickleStorage& storage) const {
    std::string name = fmt::format("data/{}", storage.key);
    const ZipMember* const member = archive_.find(name);
    if (member == nullptr)
      return fail(ErrorCode::kModel, "the archive has no {}, a storage of its tensors",
                  shown(name));
    const int64_t bytes = storage.elements * element_bytes(storage.dtype);  // Pickle has checked it
    if (static_cast<uint64_t>(bytes) != member->size)
      return fail(ErrorCode::kModel, "{} holds {} bytes, {} elements of {} need {}", shown(name),
                  member->size, storage.elements, to_string(storage.dtype), bytes);
    const Placed placed{storage.dtype, storage.elements, member->offset};
    return Record{placed, std::move(name), member};
  }

  const FileBytes& file_;
  const ZipArchive& archive_;
  std::map<std::string_view, Record> placed_;
};

// ---------------------------------------------------------------------------------- before 1.6

// torch.serialization's magic number as a pickle, and its protocol 1001 as one.
constexpr std::string_view kMagic =
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19\x2e"sv;
constexpr std::string_view kProtocol = "\x80\x02\x4d\xe9\x03\x2e"sv;

Status expect(ByteReader& reader, std::string_view bytes, std::string_view what) {
  FOVEA_ASSIGN_OR_RETURN(const auto found, reader.take(bytes.size(), what));
  if (text_of(found) == bytes) return {};
  return fail(ErrorCode::kModel, "{} is not there; it is a Python pickle, but not of torch.save",
              what);
}

Status check_system(const Pickle& pickle, PickleId id) {
  const PickleValue* const little = pickle.find(pickle.value(id), "little_endian");
  if (little != nullptr && little->kind == PickleKind::kBool && little->integer == 1) return {};
  return fail(ErrorCode::kModel, "its numbers are not said to be little-endian");
}

// The storages in the order of the list of keys: their count, then their numbers.
Result<std::map<std::string_view, Placed>> place_storages(ByteReader& reader, const Pickle& pickle,
                                                          PickleId keys) {
  if (pickle.value(keys).kind != PickleKind::kList)
    return fail(ErrorCode::kModel, "its list of storages is none");
  std::map<std::string_view, const PickleStorage*> named;
  for (const PickleStorage& storage : pickle.storages()) named.emplace(storage.key, &storage);
  std::map<std::string_view, Placed> placed;
  for (const PickleId id : pickle.value(keys).items) {
    const PickleValue& key = pickle.value(id);
    const auto found = key.kind == PickleKind::kString ? named.find(key.text) : named.end();
    if (found == named.end())
      return fail(ErrorCode::kModel, "its list of storages has one that no tensor uses");
    const PickleStorage& storage = *found->second;
    FOVEA_ASSIGN_OR_RETURN(const uint64_t count, reader.read_u64("a storage's length"));
    if (count != static_cast<uint64_t>(storage.elements))
      return fail(ErrorCode::kModel, "the storage {} has {} elements, its tensors say {}",
                  shown(storage.key), count, storage.elements);
    const size_t offset = reader.offset();
    FOVEA_TRY(reader.take(count * static_cast<uint64_t>(element_bytes(storage.dtype)),
                          "the storage " + shown(storage.key)));
    if (!placed.emplace(storage.key, Placed{storage.dtype, storage.elements, offset}).second)
      return fail(ErrorCode::kModel, "the storage {} is there twice", shown(storage.key));
  }
  if (reader.remaining() > 0)
    return fail(ErrorCode::kModel, "{} bytes follow the last storage", reader.remaining());
  return placed;
}

}  // namespace

Result<Weights> read_torch_zip(const FileBytes& file) {
  FOVEA_ASSIGN_OR_RETURN(const ZipArchive archive, ZipArchive::open(file.span()));
  if (archive.find("constants.pkl") != nullptr || archive.has_prefix("code/"))
    return fail(ErrorCode::kModel,
                "it is TorchScript, a program; save the state_dict() of the module it was made of");
  if (archive.find("archive_format") != nullptr ||
      archive.find("serialized_exported_program.json") != nullptr)
    return fail(ErrorCode::kModel,
                "it is a program of torch.export; save the state_dict() of the module it was made "
                "of");
  const ZipMember* const member = archive.find("data.pkl");
  if (member == nullptr)
    return fail(ErrorCode::kModel, "the zip archive has no data.pkl: it is not of torch.save");
  FOVEA_TRY(check_notes(archive));
  FOVEA_ASSIGN_OR_RETURN(const auto bytes, archive.read("data.pkl", *member));
  ByteReader reader(bytes);
  Pickle pickle(PickleWriter::kArchive);
  FOVEA_ASSIGN_OR_RETURN(const PickleId root, pickle.load(reader));
  if (reader.remaining() > 0)
    return fail(ErrorCode::kModel, "{} bytes follow the pickle", reader.remaining());
  ZipStorages storages(file, archive);
  FOVEA_TRY(storages.place(pickle.storages()));
  return weights_of(pickle, root, file.size, std::ref(storages));
}

Result<Weights> read_torch_legacy(const FileBytes& file) {
  ByteReader reader(file.span());
  FOVEA_TRY(expect(reader, kMagic, "the magic number of torch.save"));
  FOVEA_TRY(expect(reader, kProtocol, "the protocol 1001 of torch.save"));
  Pickle pickle(PickleWriter::kLegacy);
  FOVEA_ASSIGN_OR_RETURN(const PickleId system, pickle.load(reader));
  FOVEA_TRY(check_system(pickle, system));
  FOVEA_ASSIGN_OR_RETURN(const PickleId root, pickle.load(reader));
  FOVEA_ASSIGN_OR_RETURN(const PickleId keys, pickle.load(reader));
  FOVEA_ASSIGN_OR_RETURN(const auto placed, place_storages(reader, pickle, keys));
  const auto bytes_of =
      [&](const PickleStorage& storage) -> Result<std::shared_ptr<const std::byte[]>> {
    const auto found = placed.find(storage.key);
    if (found == placed.end())
      return fail(ErrorCode::kModel, "the storage {} is not in the file", shown(storage.key));
    FOVEA_TRY(check_same(storage, found->second));
    const int64_t skipped = storage.view_offset * element_bytes(storage.dtype);
    return file.at(found->second.offset + static_cast<size_t>(skipped));
  };
  return weights_of(pickle, root, file.size, bytes_of);
}

}  // namespace fovea
