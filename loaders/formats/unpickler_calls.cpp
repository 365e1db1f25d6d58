// What a pickle may call, and the storages that it names: state dicts are made of few of each.
#include <algorithm>
#include <utility>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/text.h"
#include "loaders/formats/unpickler.h"

namespace fovea {
namespace {

tl::unexpected<Error> refuse_arguments(std::string_view callee) {
  return fail(ErrorCode::kModel, "{} is called as PyTorch never calls it", callee);
}

// The largest element of the storage that the tensor reaches, plus one; 0 for none.
std::optional<int64_t> reach(const PickleTensor& tensor) {
  std::optional<int64_t> last = tensor.offset;
  for (size_t i = 0; i < tensor.shape.size(); ++i) {
    if (tensor.shape[i] == 0) return 0;
    const auto step = checked_multiply(tensor.shape[i] - 1, tensor.strides[i]);
    last = step && last ? checked_add(*last, *step) : std::nullopt;
  }
  return last ? checked_add(*last, int64_t{1}) : std::nullopt;
}

}  // namespace

Status Unpickler::reduce() {
  FOVEA_ASSIGN_OR_RETURN(const PickleId arguments, pop());
  FOVEA_ASSIGN_OR_RETURN(const PickleId callee, pop());
  if (at(callee).kind != PickleKind::kGlobal || at(arguments).kind != PickleKind::kTuple)
    return fail(ErrorCode::kModel, "it calls what is no function, or without a tuple");
  const KnownGlobal global = globals_[static_cast<size_t>(at(callee).integer)];
  FOVEA_ASSIGN_OR_RETURN(PickleValue result, call(global, at(arguments)));
  push(std::move(result));
  return {};
}

Result<PickleValue> Unpickler::call(const KnownGlobal& global, const PickleValue& arguments) {
  const auto& items = arguments.items;
  switch (global.global) {
    case PickleGlobal::kOrderedDict: {
      if (!items.empty()) break;
      PickleValue dict;
      dict.kind = PickleKind::kDict;
      return dict;
    }
    case PickleGlobal::kSize:
      // Short, as a copy is made: a pickle can ask for it as often as it likes.
      if (items.size() != 1 || at(items[0]).kind != PickleKind::kTuple ||
          at(items[0]).items.size() > Pickle::kMaxRank)
        break;
      return at(items[0]);
    case PickleGlobal::kRebuildParameter:
      if (items.size() < 2 || at(items[0]).kind != PickleKind::kTensor) break;
      return at(items[0]);
    case PickleGlobal::kRebuildTensor:
      return rebuild_tensor(arguments, 4);
    case PickleGlobal::kRebuildTensorV2:
      return rebuild_tensor(arguments, 7);
    case PickleGlobal::kStorage:
      break;
  }
  return refuse_arguments("a function");
}

// (storage, offset, shape, strides), then requires_grad, hooks and metadata, which tell no numbers.
Result<PickleValue> Unpickler::rebuild_tensor(const PickleValue& arguments, size_t most) {
  const auto& items = arguments.items;
  const size_t least = most == 4 ? 4 : 6;
  if (items.size() < least || items.size() > most || at(items[0]).kind != PickleKind::kStorage ||
      at(items[1]).kind != PickleKind::kInt || at(items[2]).kind != PickleKind::kTuple ||
      at(items[3]).kind != PickleKind::kTuple)
    return refuse_arguments("_rebuild_tensor");
  const size_t rank = at(items[2]).items.size();
  if (rank > Pickle::kMaxRank || at(items[3]).items.size() != rank)
    return fail(ErrorCode::kModel, "a tensor of {} dimensions and {} strides, at most {} of both",
                rank, at(items[3]).items.size(), Pickle::kMaxRank);
  auto shape = lengths(at(items[2]));
  auto strides = lengths(at(items[3]));
  const int64_t offset = at(items[1]).integer;
  if (!shape || !strides || offset < 0)
    return fail(ErrorCode::kModel, "a tensor with a shape, strides or an offset that are none");
  if (pickle_.tensors_.size() >= Pickle::kMaxTensors)
    return fail(ErrorCode::kModel, "more than {} tensors", Pickle::kMaxTensors);
  PickleTensor tensor{pickle_.storage(items[0]), offset, std::move(*shape), std::move(*strides)};
  const auto end = reach(tensor);
  if (!checked_element_count(tensor.shape) || !end || *end > tensor.storage.view_elements)
    return fail(ErrorCode::kModel,
                "a tensor of {} from element {} on reaches beyond its storage of {}",
                shape_string(tensor.shape), offset, tensor.storage.view_elements);
  PickleValue value;
  value.kind = PickleKind::kTensor;
  value.index = pickle_.tensors_.size();
  pickle_.tensors_.push_back(std::move(tensor));
  return value;
}

std::optional<std::vector<int64_t>> Unpickler::lengths(const PickleValue& tuple) const {
  std::vector<int64_t> numbers;
  for (const PickleId id : tuple.items) {
    if (at(id).kind != PickleKind::kInt || at(id).integer < 0) return std::nullopt;
    numbers.push_back(at(id).integer);
  }
  return numbers;
}

// The state of an OrderedDict: its _metadata, versions of modules.
Status Unpickler::build() {
  FOVEA_TRY(pop());
  if (stack_.empty() || at(stack_.back()).kind != PickleKind::kDict)
    return fail(ErrorCode::kModel, "it sets the state of what is no OrderedDict");
  return {};
}

// ('storage', type, key, location, elements[, view]); view is None or (key, offset, elements).
Status Unpickler::push_storage() {
  FOVEA_ASSIGN_OR_RETURN(const PickleId id, pop());
  const auto& items = at(id).items;
  const auto is = [&](size_t i, PickleKind kind) {
    return i < items.size() && at(items[i]).kind == kind;
  };
  if (at(id).kind == PickleKind::kTuple && is(0, PickleKind::kString) &&
      at(items[0]).text == "module")
    return fail(ErrorCode::kModel,
                "it holds a whole module with its source, and fovea reads numbers alone; load it "
                "where you trust it and save its state_dict()");
  if (at(id).kind != PickleKind::kTuple || items.size() < 5 || items.size() > 6 ||
      !is(0, PickleKind::kString) || at(items[0]).text != "storage" ||
      !is(1, PickleKind::kGlobal) || !is(2, PickleKind::kString) || !is(4, PickleKind::kInt))
    return fail(ErrorCode::kModel, "it names something that is no storage");
  const KnownGlobal type = globals_[static_cast<size_t>(at(items[1]).integer)];
  PickleStorage storage;
  storage.dtype = type.dtype;
  storage.key = at(items[2]).text;
  storage.elements = storage.view_elements = at(items[4]).integer;
  if (type.global != PickleGlobal::kStorage || storage.elements < 0 ||
      !checked_multiply(storage.elements, element_bytes(storage.dtype)))
    return fail(ErrorCode::kModel, "the storage {} of {} elements", shown(storage.key),
                storage.elements);
  if (is(5, PickleKind::kTuple)) {
    const auto& view = at(items[5]).items;
    const auto number = [&](size_t i) {
      return i < view.size() && at(view[i]).kind == PickleKind::kInt ? at(view[i]).integer : -1;
    };
    storage.view_offset = number(1);
    storage.view_elements = number(2);
    const auto end = checked_add(storage.view_offset, storage.view_elements);
    if (storage.view_offset < 0 || storage.view_elements < 0 || !end || *end > storage.elements)
      return fail(ErrorCode::kModel, "a view of {} elements from {} of the storage {} of {}",
                  storage.view_elements, storage.view_offset, shown(storage.key), storage.elements);
  }
  PickleValue value;
  value.kind = PickleKind::kStorage;
  value.index = pickle_.storages_.size();
  pickle_.storages_.push_back(storage);
  push(std::move(value));
  return {};
}

}  // namespace fovea
