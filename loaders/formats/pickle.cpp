#include "loaders/formats/pickle.h"

#include "loaders/formats/text.h"
#include "loaders/formats/unpickler.h"

namespace fovea {

std::string key_text(const PickleValue& key) {
  return key.kind == PickleKind::kString ? shown(key.text) : std::to_string(key.integer);
}

Result<PickleId> Pickle::load(ByteReader& reader) { return Unpickler(*this, reader).run(); }

const PickleValue* Pickle::find(const PickleValue& dict, std::string_view key) const {
  if (dict.kind != PickleKind::kDict) return nullptr;
  for (size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    const PickleValue& name = value(dict.items[i]);
    if (name.kind == PickleKind::kString && name.text == key) return &value(dict.items[i + 1]);
  }
  return nullptr;
}

}  // namespace fovea
