#include "loaders/formats/state_dict.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <set>
#include <string>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

// Where trainers put weights, the averaged ones before the others.
constexpr std::array kRoots = {"params_ema",       "params-ema", "g_ema", "ema",   "params",
                               "model_state_dict", "state_dict", "model", "net_g", "netG",
                               "generator",        "net",        "G"};

// What DataParallel and trainers put before all names. Not "model.": ESRGAN's own names of 2018
// begin with it.
constexpr std::array kPrefixes = {"module.", "netG.", "net_g.", "generator.", "params_ema.", "G."};

constexpr int kMaxDepth = 4;
constexpr size_t kMaxName = 512;

// Tensors take at most kMaxRepeats * (the file's bytes + kMaxRepeated).
constexpr uint64_t kMaxRepeats = 4;
constexpr uint64_t kMaxRepeated = 4 << 20;

bool holds_tensor(const Pickle& pickle, const PickleValue& dict) {
  for (size_t i = 1; i < dict.items.size(); i += 2) {
    if (pickle.value(dict.items[i]).kind == PickleKind::kTensor) return true;
  }
  return false;
}

// The first keys of a dict, for a message.
std::string keys_of(const Pickle& pickle, const PickleValue& dict) {
  constexpr size_t kMaxShown = 6;
  std::string keys;
  for (size_t i = 0; i < std::min(dict.items.size(), 2 * kMaxShown); i += 2)
    keys += (i > 0 ? ", " : "") + key_text(pickle.value(dict.items[i]));
  if (dict.items.size() > 2 * kMaxShown) keys += ", ...";
  return keys.empty() ? "nothing" : keys;
}

// Looks for a dict of tensors: under the names of trainers first, as a checkpoint may have a tensor
// beside them (its best score), then here, then in the only dict that is here.
class StateDictSearch {
 public:
  explicit StateDictSearch(const Pickle& pickle) : pickle_(pickle) {}

  // Null where there is none within kMaxDepth dicts. Each is looked into once: a pickle's dicts may
  // hold each other.
  const PickleValue* find(const PickleValue& dict, int depth = 0) {
    if (depth == kMaxDepth || dict.kind != PickleKind::kDict || !seen_.insert(&dict).second)
      return nullptr;
    for (const char* name : kRoots) {
      const PickleValue* const value = pickle_.find(dict, name);
      const PickleValue* const found = value == nullptr ? nullptr : find(*value, depth + 1);
      if (found != nullptr) return found;
    }
    if (holds_tensor(pickle_, dict)) return &dict;
    const PickleValue* only = nullptr;
    for (size_t i = 1; i < dict.items.size(); i += 2) {
      const PickleValue& value = pickle_.value(dict.items[i]);
      if (value.kind != PickleKind::kDict) continue;
      if (only != nullptr) return nullptr;
      only = &value;
    }
    return only == nullptr ? nullptr : find(*only, depth + 1);
  }

 private:
  const Pickle& pickle_;
  std::set<const PickleValue*> seen_;
};

bool is_number(const PickleValue& key) {
  constexpr size_t kMaxDigits = 9;
  return key.kind == PickleKind::kString && !key.text.empty() && key.text.size() <= kMaxDigits &&
         std::all_of(key.text.begin(), key.text.end(),
                     [](unsigned char digit) { return digit >= '0' && digit <= '9'; });
}

// A dict of tensors, and what its place puts before their names.
struct NamedDict {
  std::string prefix;
  const PickleValue* dict = nullptr;
};

// Networks by number, {"0": {...}, "1": {...}}, as IRCNN's authors share theirs; none where it is
// anything else.
std::vector<NamedDict> numbered_dicts(const Pickle& pickle, const PickleValue& top) {
  constexpr size_t kMaxNetworks = 256;
  std::vector<NamedDict> dicts;
  std::set<const PickleValue*> seen;
  for (size_t i = 0; i + 1 < top.items.size(); i += 2) {
    const PickleValue& key = pickle.value(top.items[i]);
    const PickleValue& value = pickle.value(top.items[i + 1]);
    if (!is_number(key) || value.kind != PickleKind::kDict || !holds_tensor(pickle, value) ||
        !seen.insert(&value).second || dicts.size() == kMaxNetworks)
      return {};
    dicts.push_back({fmt::format("{}.", key.text), &value});
  }
  return dicts;
}

// The prefix of kPrefixes that all names begin with and none is; empty where there is none.
std::string_view common_prefix(const std::vector<std::string_view>& names) {
  for (const std::string_view prefix : kPrefixes) {
    bool all = !names.empty();
    for (const std::string_view name : names)
      all = all && name.size() > prefix.size() && name.starts_with(prefix);
    if (all) return prefix;
  }
  return {};
}

bool is_contiguous(const PickleTensor& tensor) {
  int64_t expected = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    if (tensor.shape[i] != 1 && tensor.strides[i] != expected) return false;
    expected *= tensor.shape[i];
  }
  return true;
}

// The tensor's elements in the order of its shape.
std::shared_ptr<const std::byte[]> gather(const PickleTensor& tensor, const std::byte* from,
                                          size_t element, int64_t count) {
  std::shared_ptr<std::byte[]> to(new std::byte[static_cast<size_t>(count) * element]);
  std::vector<int64_t> at(tensor.shape.size(), 0);
  int64_t offset = tensor.offset;
  for (int64_t i = 0; i < count; ++i) {
    std::memcpy(to.get() + static_cast<size_t>(i) * element,
                from + static_cast<size_t>(offset) * element, element);
    for (size_t d = at.size(); d-- > 0;) {
      offset += tensor.strides[d];
      if (++at[d] < tensor.shape[d]) break;
      offset -= tensor.strides[d] * tensor.shape[d];
      at[d] = 0;
    }
  }
  return to;
}

Result<WeightTensor> read_tensor(const PickleTensor& tensor, std::string_view name,
                                 const StorageBytes& bytes_of) {
  const PickleStorage& storage = tensor.storage;
  WeightTensor weight{std::string(name), storage.dtype, tensor.shape, nullptr};
  const auto element = static_cast<size_t>(element_bytes(storage.dtype));
  FOVEA_ASSIGN_OR_RETURN(const auto bytes, bytes_of(storage));
  const int64_t count = weight.element_count();
  if (count == 0) return weight;
  if (is_contiguous(tensor))
    weight.bytes = {bytes, bytes.get() + static_cast<size_t>(tensor.offset) * element};
  else
    weight.bytes = gather(tensor, bytes.get(), element, count);
  return weight;
}

// The bytes of the tensors together: those that repeat what a file holds, by views or strides of 0,
// could make terabytes of it.
Status check_size(const Pickle& pickle, const std::vector<PickleId>& tensors, size_t file_bytes) {
  int64_t total = 0;
  for (const PickleId id : tensors) {
    const PickleTensor& tensor = pickle.tensor(id);
    const int64_t count = *checked_element_count(tensor.shape);  // the unpickler has seen to it
    const auto bytes = checked_multiply(count, element_bytes(tensor.storage.dtype));
    const auto sum = bytes ? checked_add(total, *bytes) : std::nullopt;
    if (!sum || static_cast<uint64_t>(*sum) / kMaxRepeats > kMaxRepeated + file_bytes)
      return fail(ErrorCode::kModel,
                  "its tensors repeat their storages too often: they are more than {} times the "
                  "file's {} bytes",
                  kMaxRepeats, file_bytes);
    total = *sum;
  }
  return {};
}

}  // namespace

Result<Weights> weights_of(const Pickle& pickle, PickleId root, size_t file_bytes,
                           const StorageBytes& bytes_of) {
  const PickleValue& top = pickle.value(root);
  if (top.kind != PickleKind::kDict)
    return fail(ErrorCode::kModel, "the checkpoint is no dict of tensors");
  const PickleValue* const found = StateDictSearch(pickle).find(top);
  const std::vector<NamedDict> dicts =
      found != nullptr ? std::vector<NamedDict>{{"", found}} : numbered_dicts(pickle, top);
  if (dicts.empty())
    return fail(ErrorCode::kModel,
                "there are no weights where trainers put them, the checkpoint has {}",
                keys_of(pickle, top));
  std::vector<std::string_view> names, places;
  std::vector<PickleId> tensors;
  for (const auto& [before, dict] : dicts) {
    for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
      const PickleValue& key = pickle.value(dict->items[i]);
      if (pickle.value(dict->items[i + 1]).kind != PickleKind::kTensor) continue;
      if (key.kind != PickleKind::kString || key.text.empty() || key.text.size() > kMaxName ||
          has_control_characters(key.text))
        return fail(ErrorCode::kModel, "a tensor is called {}", key_text(key));
      names.push_back(key.text);
      places.push_back(before);
      tensors.push_back(dict->items[i + 1]);
    }
  }
  FOVEA_TRY(check_size(pickle, tensors, file_bytes));
  const std::string_view prefix = common_prefix(names);
  Weights weights;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string name = fmt::format("{}{}", places[i], names[i].substr(prefix.size()));
    FOVEA_ASSIGN_OR_RETURN(WeightTensor tensor,
                           read_tensor(pickle.tensor(tensors[i]), name, bytes_of));
    FOVEA_TRY(check_finite(tensor));
    FOVEA_TRY(weights.add(std::move(tensor)));
  }
  return weights;
}

}  // namespace fovea
