#include "loaders/formats/tfjs_weights.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr size_t kMaxShards = 4096;
constexpr size_t kMaxTensors = 100'000;
constexpr size_t kMaxRank = 8;
constexpr size_t kMaxName = 512;
constexpr int64_t kMaxLength = int64_t{1} << 31;

// How a tensor's numbers are stored.
struct Stored {
  enum class Kind { kF32, kF16, kU8, kU16 } kind = Kind::kF32;
  double scale = 1;
  double min = 0;

  int64_t bytes() const {
    switch (kind) {
      case Kind::kF32:
        return 4;
      case Kind::kU8:
        return 1;
      default:
        return 2;
    }
  }
};

Result<Stored> stored_kind(const Json& entry) {
  FOVEA_ASSIGN_OR_RETURN(const std::string dtype, text_member(entry, "dtype"));
  if (dtype != "float32")
    return fail(ErrorCode::kModel, "is of the type {}, expected float32; export it in float32",
                shown(dtype));
  Stored stored;
  const Json* quantization = find_member(entry, "quantization");
  if (quantization == nullptr) return stored;
  FOVEA_ASSIGN_OR_RETURN(const std::string type, text_member(*quantization, "dtype"));
  if (type == "float16") {
    stored.kind = Stored::Kind::kF16;
    return stored;
  }
  if (type != "uint8" && type != "uint16")
    return fail(ErrorCode::kModel,
                "is quantised to {}, expected uint8, uint16 or float16; export it with one of them",
                shown(type));
  stored.kind = type == "uint8" ? Stored::Kind::kU8 : Stored::Kind::kU16;
  FOVEA_ASSIGN_OR_RETURN(stored.scale, finite_member(*quantization, "scale"));
  FOVEA_ASSIGN_OR_RETURN(stored.min, finite_member(*quantization, "min"));
  return stored;
}

template <class T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

std::vector<float> to_values(const Stored& stored, const std::byte* bytes, size_t count) {
  std::vector<float> values(count);
  for (size_t i = 0; i < count; ++i) {
    switch (stored.kind) {
      case Stored::Kind::kF32:
        values[i] = load<float>(bytes + 4 * i);
        break;
      case Stored::Kind::kF16:
        values[i] = half_to_float(load<uint16_t>(bytes + 2 * i));
        break;
      case Stored::Kind::kU8:
        values[i] = static_cast<float>(load<uint8_t>(bytes + i) * stored.scale + stored.min);
        break;
      case Stored::Kind::kU16:
        values[i] = static_cast<float>(load<uint16_t>(bytes + 2 * i) * stored.scale + stored.min);
        break;
    }
  }
  return values;
}

// A plain name of one file: nothing of the network, no other folder.
Status check_shard_name(const Json& path) {
  if (!path.is_string()) return fail(ErrorCode::kModel, "a shard's path is no text");
  const auto& name = path.get_ref<const std::string&>();
  const bool plain = !name.empty() && name.size() <= kMaxName && name != "." && name != ".." &&
                     name.find_first_of("/\\:") == name.npos && !has_control_characters(name);
  if (!plain)
    return fail(ErrorCode::kModel,
                "the shard path {} is not a plain file name; put the shards beside model.json",
                shown(name));
  return {};
}

// A tensor of the manifest before its bytes are there.
struct Entry {
  std::string name;
  std::vector<int64_t> shape;
  Stored stored;
  size_t count = 0;
  size_t bytes = 0;
};

Result<Entry> parse_entry(const Json& json) {
  Entry entry;
  FOVEA_ASSIGN_OR_RETURN(entry.name, text_member(json, "name"));
  if (entry.name.empty() || entry.name.size() > kMaxName || has_control_characters(entry.name))
    return fail(ErrorCode::kModel, "tensor name {} is empty, too long or holds control characters",
                shown(entry.name));
  const auto in_tensor = [&](Error error) { return fail_in("tensor " + entry.name, error); };
  auto stored = stored_kind(json);
  if (!stored) return in_tensor(stored.error());
  entry.stored = *stored;
  auto shape = wholes_member(json, "shape", 0, kMaxLength, kMaxRank);
  if (!shape) return in_tensor(shape.error());
  entry.shape = std::move(*shape);
  const auto count = checked_element_count(entry.shape);
  const auto bytes = count ? checked_multiply(*count, entry.stored.bytes()) : std::nullopt;
  if (!bytes)
    return fail(ErrorCode::kModel, "tensor {} has the shape {}, which overflows", entry.name,
                shape_string(entry.shape));
  entry.count = static_cast<size_t>(*count);
  entry.bytes = static_cast<size_t>(*bytes);
  return entry;
}

using Tensors = std::map<std::string, WeightTensor, std::less<>>;

class ManifestReader {
 public:
  explicit ManifestReader(const TfjsShardReader& read_shard) : read_shard_(read_shard) {}

  Status read_group(const Json& group) {
    FOVEA_ASSIGN_OR_RETURN(const Json* weights, array_member(group, "weights"));
    if (weights->size() + tensors.size() > kMaxTensors)
      return fail(ErrorCode::kModel, "more than {} tensors", kMaxTensors);
    std::vector<Entry> entries;
    size_t needed = 0;
    for (const Json& json : *weights) {
      FOVEA_ASSIGN_OR_RETURN(Entry entry, parse_entry(json));
      const auto sum = checked_add(needed, entry.bytes);
      if (!sum) return fail(ErrorCode::kModel, "the tensors' sizes overflow");
      needed = *sum;
      entries.push_back(std::move(entry));
    }
    FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, read_shards(group, needed));
    size_t offset = 0;
    for (const Entry& entry : entries) {
      WeightTensor tensor = make_weight(
          entry.name, entry.shape, to_values(entry.stored, bytes.data() + offset, entry.count));
      FOVEA_TRY(check_finite(tensor));
      offset += entry.bytes;
      if (!tensors.emplace(entry.name, std::move(tensor)).second)
        return fail(ErrorCode::kModel, "tensor {} is there twice", entry.name);
    }
    return {};
  }

  Tensors tensors;

 private:
  // The group's shards one behind the other, which must be `needed` bytes.
  Result<std::vector<std::byte>> read_shards(const Json& group, size_t needed) {
    FOVEA_ASSIGN_OR_RETURN(const Json* paths, array_member(group, "paths"));
    std::vector<std::byte> bytes;
    for (const Json& path : *paths) {
      FOVEA_TRY(check_shard_name(path));
      const auto& name = path.get_ref<const std::string&>();
      if (!shards_.insert(name).second)
        return fail(ErrorCode::kModel, "the shard {} is there twice", name);
      if (shards_.size() > kMaxShards)
        return fail(ErrorCode::kModel, "more than {} shards", kMaxShards);
      auto shard = read_shard_(name);
      if (!shard) return fail_in("needs " + name + " beside it", std::move(shard.error()));
      if (shard->size > needed - bytes.size())
        return fail(ErrorCode::kModel,
                    "the shards up to {} have more than the {} bytes of their "
                    "tensors",
                    name, needed);
      const auto span = shard->span();
      bytes.insert(bytes.end(), span.begin(), span.end());
    }
    if (bytes.size() != needed)
      return fail(ErrorCode::kModel, "the shards have {} bytes, their tensors {}", bytes.size(),
                  needed);
    return bytes;
  }

  const TfjsShardReader& read_shard_;
  std::set<std::string> shards_;
};

}  // namespace

Result<Tensors> read_tfjs_weights(const Json& manifest, const TfjsShardReader& read_shard) {
  ManifestReader reader(read_shard);
  for (const Json& group : manifest) FOVEA_TRY(reader.read_group(group));
  return std::move(reader.tensors);
}

}  // namespace fovea
