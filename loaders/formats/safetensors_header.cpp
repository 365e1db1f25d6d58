#include "loaders/formats/safetensors_header.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

#include "loaders/formats/safetensors.h"
#include "loaders/formats/text.h"

namespace fovea {
namespace {

// The largest whole number that every JSON reader holds exactly.
constexpr uint64_t kMaxNumber = uint64_t{1} << 53;

// Receives the header's JSON piece by piece. A document tree would lose duplicate keys and would
// have to be built before it can be refused.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::optional<Error> error;
  SafetensorsHeader header;

  bool start_object(std::size_t) override {
    switch (place_) {
      case Place::kStart:
        place_ = Place::kRoot;
        return true;
      case Place::kRootValue:
        if (key_ == kMetadataKey) {
          place_ = Place::kMetadata;
          return true;
        }
        return start_entry();
      default:
        return unexpected("an object");
    }
  }

  bool key(string_t& key) override {
    if (place_ == Place::kMetadata) return metadata_key(std::move(key));
    if (place_ == Place::kRoot) return root_key(std::move(key));
    return entry_key(std::move(key));
  }

  bool end_object() override {
    if (place_ == Place::kEntry) {
      for (const Field field : {Field::kDtype, Field::kShape, Field::kOffsets}) {
        if (!fields_.contains(field))
          return refuse("tensor {} has no \"{}\"", entry().name, field_name(field));
      }
      if (entry().data_offsets.size() != 2)
        return refuse("tensor {} has {} data_offsets, expected 2", entry().name,
                      entry().data_offsets.size());
    }
    place_ = place_ == Place::kRoot ? Place::kEnd : Place::kRoot;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ != Place::kEntryValue || field_ == Field::kDtype) return unexpected("an array");
    place_ = Place::kNumbers;
    return true;
  }

  bool end_array() override {
    place_ = Place::kEntry;
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::kMetadataValue) {
      header.metadata[key_] = std::move(value);
      place_ = Place::kMetadata;
      return true;
    }
    if (place_ != Place::kEntryValue || field_ != Field::kDtype) return unexpected("a string");
    entry().dtype = std::move(value);
    place_ = Place::kEntry;
    return true;
  }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ != Place::kNumbers) return unexpected("a number");
    if (value > kMaxNumber)
      return refuse("tensor {} has {} in its {}, limit 2^53", entry().name, value,
                    field_name(field_));
    if (field_ == Field::kOffsets) {
      if (entry().data_offsets.size() >= 2)
        return refuse("tensor {} has more than 2 data_offsets", entry().name);
      entry().data_offsets.push_back(value);
    } else {
      if (entry().shape.size() >= kMaxSafetensorsRank)
        return refuse("tensor {} has more than {} dimensions", entry().name, kMaxSafetensorsRank);
      entry().shape.push_back(static_cast<int64_t>(value));
    }
    return true;
  }

  bool number_integer(number_integer_t value) override {
    return refuse("number {} is negative{}", value, context());
  }

  bool number_float(number_float_t, const string_t& token) override {
    return refuse("number {} is not a whole number up to 2^53{}", shown(token), context());
  }

  bool boolean(bool) override { return unexpected("true or false"); }
  bool null() override { return unexpected("null"); }
  bool binary(binary_t&) override { return unexpected("binary data"); }

  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::json::exception&) override {
    return refuse("the header is not JSON at byte {} (near {})", position, shown(token));
  }

 private:
  static constexpr std::string_view kMetadataKey = "__metadata__";

  enum class Place {
    kStart,          // before the header's brace
    kRoot,           // between tensors
    kRootValue,      // after a tensor's name
    kMetadata,       // between metadata
    kMetadataValue,  // after a metadata key
    kEntry,          // between a tensor's fields
    kEntryValue,     // after a field's name
    kNumbers,        // in an array
    kEnd
  };
  enum class Field { kDtype, kShape, kOffsets };

  static std::string_view field_name(Field field) {
    switch (field) {
      case Field::kDtype:
        return "dtype";
      case Field::kShape:
        return "shape";
      case Field::kOffsets:
        return "data_offsets";
    }
    return "";
  }

  SafetensorsEntry& entry() { return header.entries.back(); }

  template <class... Args>
  bool refuse(fmt::format_string<Args...> format, Args&&... args) {
    error = fail(ErrorCode::kModel, format, std::forward<Args>(args)...).value();
    return false;
  }

  // " in tensor NAME", where there is one.
  std::string context() {
    const bool inside = place_ == Place::kEntryValue || place_ == Place::kNumbers;
    return inside ? " in tensor " + entry().name : std::string();
  }

  bool unexpected(std::string_view what) {
    switch (place_) {
      case Place::kMetadataValue:
        return refuse("metadata {} holds {}, expected a string", shown(key_), what);
      case Place::kRootValue:
        return refuse("{} holds {}, expected an object", shown(key_), what);
      case Place::kEntryValue:
        return refuse("tensor {} holds {} as its {}", entry().name, what, field_name(field_));
      case Place::kNumbers:
        return refuse("tensor {} holds {} within its {}, expected whole numbers", entry().name,
                      what, field_name(field_));
      default:
        return refuse("the header holds {} where an object was expected", what);
    }
  }

  bool root_key(std::string key) {
    if (!names_.insert(key).second) return refuse("key {} is there twice", shown(key));
    if (key.size() > kMaxSafetensorsName)
      return refuse("a tensor's name of {} bytes, limit {}", key.size(), kMaxSafetensorsName);
    if (key.empty() || has_control_characters(key))
      return refuse("tensor name {} is empty or holds control characters", shown(key));
    key_ = std::move(key);
    place_ = Place::kRootValue;
    return true;
  }

  bool metadata_key(std::string key) {
    if (header.metadata.contains(key)) return refuse("metadata key {} is there twice", shown(key));
    key_ = std::move(key);
    place_ = Place::kMetadataValue;
    return true;
  }

  bool start_entry() {
    if (header.entries.size() >= kMaxSafetensorsTensors)
      return refuse("more than {} tensors", kMaxSafetensorsTensors);
    header.entries.push_back({key_, {}, {}, {}});
    fields_.clear();
    place_ = Place::kEntry;
    return true;
  }

  bool entry_key(const std::string& key) {
    for (const Field field : {Field::kDtype, Field::kShape, Field::kOffsets}) {
      if (key != field_name(field)) continue;
      if (!fields_.insert(field).second)
        return refuse("tensor {} has \"{}\" twice", entry().name, key);
      field_ = field;
      place_ = Place::kEntryValue;
      return true;
    }
    return refuse("tensor {} has an unknown field {}", entry().name, shown(key));
  }

  Place place_ = Place::kStart;
  Field field_ = Field::kDtype;
  std::string key_;
  std::set<std::string> names_;
  std::set<Field> fields_;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::string_view json) {
  HeaderReader reader;
  if (!nlohmann::json::sax_parse(json.begin(), json.end(), &reader))
    return tl::unexpected(
        reader.error.value_or(Error{ErrorCode::kModel, "the header is not JSON"}));
  return std::move(reader.header);
}

}  // namespace fovea
