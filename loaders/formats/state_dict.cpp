#include "loaders/formats/state_dict.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
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
  for (size_t i = 0; i < std::min(dict.items.size(), 2 * kMaxShown); i += 2) {
    const PickleValue& key = pickle.value(dict.items[i]);
    keys += (keys.empty() ? "" : ", ") +
            (key.kind == PickleKind::kString ? shown(key.text) : std::to_string(key.integer));
  }
  return dict.items.size() > 2 * kMaxShown ? keys + ", ..." : keys;
}

// The dict in `dict` to look for weights in; null where there is none.
Result<const PickleValue*> inner_dict(const Pickle& pickle, const PickleValue& dict) {
  for (const char* name : kRoots) {
    FOVEA_ASSIGN_OR_RETURN(const PickleValue* const found, pickle.find(dict, name));
    if (found != nullptr && found->kind == PickleKind::kDict) return found;
  }
  const PickleValue* only = nullptr;
  for (size_t i = 1; i < dict.items.size(); i += 2) {
    const PickleValue& value = pickle.value(dict.items[i]);
    if (value.kind != PickleKind::kDict) continue;
    if (only != nullptr) return nullptr;
    only = &value;
  }
  return only;
}

Result<const PickleValue*> find_state_dict(const Pickle& pickle, PickleId root) {
  const PickleValue* dict = &pickle.value(root);
  for (int depth = 0; depth < kMaxDepth && dict->kind == PickleKind::kDict; ++depth) {
    if (holds_tensor(pickle, *dict)) return dict;
    FOVEA_ASSIGN_OR_RETURN(const PickleValue* const inner, inner_dict(pickle, *dict));
    if (inner == nullptr)
      return fail(ErrorCode::kModel,
                  "there are no weights where trainers put them, the checkpoint has {}",
                  keys_of(pickle, *dict));
    dict = inner;
  }
  return fail(ErrorCode::kModel, "the checkpoint is no dict of tensors");
}

// The prefix of kPrefixes that all names have; empty where there is none.
std::string_view common_prefix(const std::vector<std::string_view>& names) {
  for (const std::string_view prefix : kPrefixes) {
    bool all = !names.empty();
    for (const std::string_view name : names) all = all && name.substr(0, prefix.size()) == prefix;
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
                                 const StorageBytes& bytes_of, int64_t& gathered) {
  const PickleStorage& storage = tensor.storage;
  WeightTensor weight{std::string(name), storage.dtype, tensor.shape, nullptr};
  const int64_t count = *checked_element_count(tensor.shape);  // Pickle has seen to it
  const auto element = static_cast<size_t>(element_bytes(storage.dtype));
  FOVEA_ASSIGN_OR_RETURN(const auto bytes, bytes_of(storage));
  if (count == 0) return weight;
  if (is_contiguous(tensor)) {
    weight.bytes = {bytes, bytes.get() + static_cast<size_t>(tensor.offset) * element};
    return weight;
  }
  // A stride of 0 makes much of little: no more is copied than a file may hold.
  constexpr int64_t kMaxGathered = int64_t{1} << 32;
  const auto size = checked_multiply(count, static_cast<int64_t>(element));
  gathered = size ? std::min(kMaxGathered, *size) + gathered : kMaxGathered;
  if (gathered >= kMaxGathered)
    return fail(ErrorCode::kModel, "tensor {} of {} repeats its storage of {} elements too often",
                shown(name), shape_string(tensor.shape), storage.elements);
  weight.bytes = gather(tensor, bytes.get(), element, count);
  return weight;
}

}  // namespace

Result<Weights> weights_of(const Pickle& pickle, PickleId root, const StorageBytes& bytes_of) {
  FOVEA_ASSIGN_OR_RETURN(const PickleValue* const dict, find_state_dict(pickle, root));
  std::vector<std::string_view> names;
  std::vector<PickleId> tensors;
  for (size_t i = 0; i + 1 < dict->items.size(); i += 2) {
    const PickleValue& key = pickle.value(dict->items[i]);
    if (pickle.value(dict->items[i + 1]).kind != PickleKind::kTensor) continue;
    if (key.kind != PickleKind::kString || key.text.empty() || key.text.size() > kMaxName ||
        has_control_characters(key.text))
      return fail(ErrorCode::kModel, "a tensor is called {}",
                  key.kind == PickleKind::kString ? shown(key.text) : std::to_string(key.integer));
    names.push_back(key.text);
    tensors.push_back(dict->items[i + 1]);
  }
  const std::string_view prefix = common_prefix(names);
  Weights weights;
  int64_t gathered = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    FOVEA_ASSIGN_OR_RETURN(
        WeightTensor tensor,
        read_tensor(pickle.tensor(tensors[i]), names[i].substr(prefix.size()), bytes_of, gathered));
    FOVEA_TRY(check_finite(tensor));
    FOVEA_TRY(weights.add(std::move(tensor)));
  }
  return weights;
}

}  // namespace fovea
