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
  if (!is(callee, PickleKind::kGlobal) || !is(arguments, PickleKind::kTuple))
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
      if (!items.empty()) return refuse_arguments("OrderedDict");
      PickleValue dict;
      dict.kind = PickleKind::kDict;
      dict.integer = 1;
      return dict;
    }
    case PickleGlobal::kSize:
      // Short, as a copy is made: a pickle can ask for it as often as it likes.
      if (items.size() != 1 || !is(items[0], PickleKind::kTuple) ||
          at(items[0]).items.size() > Pickle::kMaxRank || !lengths(at(items[0])))
        return refuse_arguments("torch.Size");
      return at(items[0]);
    case PickleGlobal::kRebuildParameter:
      return rebuild_parameter(arguments);
    case PickleGlobal::kRebuildTensor:
      return rebuild_tensor(arguments, false);
    case PickleGlobal::kRebuildTensorV2:
      return rebuild_tensor(arguments, true);
    case PickleGlobal::kStorage:
      break;
  }
  return refuse_arguments("a storage's type");
}

// (tensor, requires_grad, hooks), of which only the first tells numbers.
Result<PickleValue> Unpickler::rebuild_parameter(const PickleValue& arguments) {
  const auto& items = arguments.items;
  if (items.size() != 3 || !is(items[0], PickleKind::kTensor) || !is(items[1], PickleKind::kBool) ||
      !is(items[2], PickleKind::kDict))
    return refuse_arguments("_rebuild_parameter");
  const DType dtype = pickle_.tensor(items[0]).storage.dtype;
  if (at(items[1]).integer != 0 && !is_floating_point(dtype))
    return fail(ErrorCode::kModel, "a parameter of {} that has a gradient", to_string(dtype));
  return at(items[0]);
}

// (storage, offset, shape, strides) and, in the second version, requires_grad, hooks, which are
// none in PyTorch 0.4, and metadata, which may tell PyTorch to negate what is stored.
Result<PickleValue> Unpickler::rebuild_tensor(const PickleValue& arguments, bool is_v2) {
  const auto& items = arguments.items;
  const size_t least = is_v2 ? 6 : 4;
  if (items.size() < least || items.size() > (is_v2 ? 7 : 4) ||
      !is(items[0], PickleKind::kStorage) || !is(items[1], PickleKind::kInt) ||
      !is(items[2], PickleKind::kTuple) || !is(items[3], PickleKind::kTuple) ||
      (is_v2 && (!is(items[4], PickleKind::kBool) ||
                 (!is(items[5], PickleKind::kDict) && !is(items[5], PickleKind::kNone)))))
    return refuse_arguments("_rebuild_tensor");
  if (items.size() == 7 && !is(items[6], PickleKind::kNone) &&
      !(is(items[6], PickleKind::kDict) && at(items[6]).items.empty()))
    return fail(ErrorCode::kModel, "a tensor with metadata, which may change what it holds");
  const DType dtype = pickle_.storage(items[0]).dtype;
  if (is_v2 && at(items[4]).integer != 0 && !is_floating_point(dtype))
    return fail(ErrorCode::kModel, "a tensor of {} that has a gradient", to_string(dtype));
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
    if (!is(id, PickleKind::kInt) || at(id).integer < 0) return std::nullopt;
    numbers.push_back(at(id).integer);
  }
  return numbers;
}

// The state of an OrderedDict: its _metadata, versions of modules.
Status Unpickler::build() {
  FOVEA_ASSIGN_OR_RETURN(const PickleId state, pop());
  if (is_empty() || !is(stack_.back(), PickleKind::kDict) || at(stack_.back()).integer != 1 ||
      !is(state, PickleKind::kDict))
    return fail(ErrorCode::kModel, "it sets the state of what is no OrderedDict");
  return {};
}

// ('storage', type, key, location, elements[, view]), the view before 1.6.
Status Unpickler::push_storage() {
  FOVEA_ASSIGN_OR_RETURN(const PickleId id, pop());
  const auto& items = at(id).items;
  if (is(id, PickleKind::kTuple) && !items.empty() && is(items[0], PickleKind::kString) &&
      at(items[0]).text == "module")
    return fail(ErrorCode::kModel,
                "it holds a whole module with its source, and fovea reads numbers alone; load it "
                "where you trust it and save its state_dict()");
  const bool has_view = pickle_.writer_ == PickleWriter::kLegacy;
  if (!is(id, PickleKind::kTuple) || items.size() != (has_view ? 6 : 5) ||
      !is(items[0], PickleKind::kString) || at(items[0]).text != "storage" ||
      !is(items[1], PickleKind::kGlobal) || !is(items[2], PickleKind::kString) ||
      !is(items[3], PickleKind::kString) || !is(items[4], PickleKind::kInt))
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
  if (has_view && !is(items[5], PickleKind::kNone)) {
    const auto& view = at(items[5]).items;
    if (!is(items[5], PickleKind::kTuple) || view.size() != 3 ||
        !is(view[0], PickleKind::kString) || !is(view[1], PickleKind::kInt) ||
        !is(view[2], PickleKind::kInt))
      return fail(ErrorCode::kModel, "a view of the storage {} that is none", shown(storage.key));
    storage.view_offset = at(view[1]).integer;
    storage.view_elements = at(view[2]).integer;
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
