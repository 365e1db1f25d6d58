#include "loaders/formats/pickle_globals.h"

namespace fovea {
namespace {

struct Name {
  std::string_view module;
  std::string_view name;
  KnownGlobal known;
};

constexpr Name kNames[] = {
    {"collections", "OrderedDict", {PickleGlobal::kOrderedDict}},
    {"typing", "OrderedDict", {PickleGlobal::kOrderedDict}},
    {"torch._utils", "_rebuild_tensor", {PickleGlobal::kRebuildTensor}},
    {"torch._utils", "_rebuild_tensor_v2", {PickleGlobal::kRebuildTensorV2}},
    {"torch._utils", "_rebuild_parameter", {PickleGlobal::kRebuildParameter}},
    {"torch", "Size", {PickleGlobal::kSize}},
    {"torch", "DoubleStorage", {PickleGlobal::kStorage, DType::kF64}},
    {"torch", "FloatStorage", {PickleGlobal::kStorage, DType::kF32}},
    {"torch", "HalfStorage", {PickleGlobal::kStorage, DType::kF16}},
    {"torch", "BFloat16Storage", {PickleGlobal::kStorage, DType::kBF16}},
    {"torch", "LongStorage", {PickleGlobal::kStorage, DType::kI64}},
    {"torch", "IntStorage", {PickleGlobal::kStorage, DType::kI32}},
    {"torch", "ByteStorage", {PickleGlobal::kStorage, DType::kU8}},
    {"torch", "BoolStorage", {PickleGlobal::kStorage, DType::kBool}},
};

}  // namespace

std::optional<KnownGlobal> find_pickle_global(std::string_view module, std::string_view name) {
  for (const Name& known : kNames) {
    if (known.module == module && known.name == name) return known.known;
  }
  return std::nullopt;
}

}  // namespace fovea
