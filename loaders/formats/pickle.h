// The values of a Python pickle that state dicts are made of (Python's Lib/pickletools.py is the
// specification). Nothing in a pickle is ever run: a name that a pickle wants to import is looked
// up in a list, and becomes a number.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/weights.h"
#include "loaders/formats/byte_reader.h"

namespace fovea {

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kTuple,
  kList,
  kDict,
  kGlobal,   ///< one of the names that are known
  kStorage,  ///< an array of numbers kept elsewhere in the file
  kTensor
};

/// An index of Pickle's values.
using PickleId = uint32_t;

/// A run of numbers that tensors are views of.
struct PickleStorage {
  DType dtype = DType::kF32;
  std::string_view key;     // its name in the file
  int64_t elements = 0;     // of the whole storage
  int64_t view_offset = 0;  // where this view of it begins; only before PyTorch 0.4
  int64_t view_elements = 0;
};

struct PickleTensor {
  PickleStorage storage;
  int64_t offset = 0;  // elements into the storage's view
  std::vector<int64_t> shape;
  std::vector<int64_t> strides;  // elements
};

struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  int64_t integer = 0;          // kBool, kInt; kGlobal: which; kDict: 1 for an OrderedDict
  double real = 0;              // kFloat
  std::string_view text;        // kString: in the file
  std::vector<PickleId> items;  // kTuple, kList; kDict: key, value, key, value ... no key twice
  size_t index = 0;             // kStorage, kTensor: in Pickle's
};

/// A dict's key, for a message.
std::string key_text(const PickleValue& key);

/// Who wrote a pickle. They name storages in two ways.
enum class PickleWriter {
  kArchive,  ///< PyTorch since 1.6: type, key, location, elements
  kLegacy    ///< and before: the same and a view, None or (key, offset, elements)
};

/// One or more pickles read from a file, their values by index: no value owns another, so that
/// cycles and deep nests cost nothing.
class Pickle {
 public:
  static constexpr size_t kMaxBytes = size_t{64} << 20;
  static constexpr size_t kMaxOpcodes = 1'000'000;  // 70 times what a network of 700 tensors has
  static constexpr size_t kMaxTensors = 100'000;
  static constexpr size_t kMaxRank = 8;

  explicit Pickle(PickleWriter writer) : writer_(writer) {}

  /// Reads one pickle of protocol 2 from `reader` up to its end, and returns its value. kModel for
  /// whatever is not needed to write a state dict down; the names that it wants to import are told.
  Result<PickleId> load(ByteReader& reader);

  const PickleValue& value(PickleId id) const { return values_[id]; }
  const std::vector<PickleStorage>& storages() const { return storages_; }
  const PickleStorage& storage(PickleId id) const { return storages_[values_[id].index]; }
  const PickleTensor& tensor(PickleId id) const { return tensors_[values_[id].index]; }

  /// The value of a string key of a dict; null when it is not there, or `dict` is none.
  const PickleValue* find(const PickleValue& dict, std::string_view key) const;

 private:
  friend class Unpickler;

  PickleWriter writer_;
  std::vector<PickleValue> values_;
  std::vector<PickleStorage> storages_;
  std::vector<PickleTensor> tensors_;
};

}  // namespace fovea
