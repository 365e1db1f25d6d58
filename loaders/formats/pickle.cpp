#include "loaders/formats/pickle.h"

#include "loaders/formats/text.h"
#include "loaders/formats/unpickler.h"

namespace fovea {

Result<PickleId> Pickle::load(ByteReader& reader) { return Unpickler(*this, reader).run(); }

Result<const PickleValue*> Pickle::find(const PickleValue& dict, std::string_view key) const {
  const PickleValue* found = nullptr;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& name = value(dict.items[i]);
    if (name.kind != PickleKind::kString || name.text != key) continue;
    if (found != nullptr) return fail(ErrorCode::kModel, "the key {} is there twice", shown(key));
    found = &value(dict.items[i + 1]);
  }
  return found;
}

}  // namespace fovea
