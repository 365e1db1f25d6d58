#include "loaders/formats/ncnn_param.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "loaders/formats/text.h"

namespace fovea {
namespace {

constexpr int64_t kMaxLayers = 100'000;
constexpr int64_t kMaxBlobs = 100'000;
constexpr int64_t kMaxBlobsOfLayer = 64;
constexpr size_t kMaxName = 255;
// ncnn's own limits are 32 parameters a layer and any length of array; the longest arrays in use
// list one coefficient an input.
constexpr int kMaxParameterId = 31;
constexpr size_t kMaxArray = 1024;
// An array parameter `id` is written with this minus id as its key.
constexpr int kArrayKey = -23300;

template <class T>
bool parse_number(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

// The words of a line, one after the other.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}

  // The next word, empty at the end of the line.
  std::string_view next() {
    const size_t begin = std::min(rest_.find_first_not_of(kBlank), rest_.size());
    rest_.remove_prefix(begin);
    const size_t length = std::min(rest_.find_first_of(kBlank), rest_.size());
    const std::string_view word = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return word;
  }

 private:
  static constexpr std::string_view kBlank = " \t\r";
  std::string_view rest_;
};

// The lines that are not blank, with their numbers.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}

  size_t number() const { return number_; }

  // False at the end of the text.
  bool next(std::string_view& line) {
    while (!rest_.empty()) {
      const size_t length = std::min(rest_.find('\n'), rest_.size());
      line = rest_.substr(0, length);
      rest_.remove_prefix(std::min(length + 1, rest_.size()));
      ++number_;
      if (!Words(line).next().empty()) return true;
    }
    return false;
  }

 private:
  std::string_view rest_;
  size_t number_ = 0;
};

Result<int64_t> parse_count(std::string_view word, int64_t low, int64_t high,
                            std::string_view what) {
  int64_t count = 0;
  if (!parse_number(word, count) || count < low || count > high)
    return fail(ErrorCode::kModel, "{} is {}, expected {}...{}", what, shown(word), low, high);
  return count;
}

Result<std::string_view> parse_name(std::string_view word, std::string_view what) {
  const bool printable =
      std::all_of(word.begin(), word.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (word.empty()) return fail(ErrorCode::kModel, "ends before {}", what);
  if (word.size() > kMaxName)
    return fail(ErrorCode::kModel, "{} of {} bytes, limit {}", what, word.size(), kMaxName);
  if (!printable) return fail(ErrorCode::kModel, "{} {} is not printable ASCII", what, shown(word));
  return word;
}

bool is_whole(std::string_view word) { return word.find_first_of(".eE") == word.npos; }

Result<double> parse_value(std::string_view word) {
  if (is_whole(word)) {
    int32_t value = 0;
    if (parse_number(word, value)) return value;
  } else {
    float value = 0;
    if (parse_number(word, value) && std::isfinite(value)) return value;
  }
  return fail(ErrorCode::kModel, "{} is not a number within range", shown(word));
}

// "id=value", "id=value,value,..." and the older "key=count,value,...".
Status parse_parameter(std::string_view word, NcnnLayer& layer) {
  const size_t equals = word.find('=');
  int key = 0;
  if (equals == word.npos || !parse_number(word.substr(0, equals), key))
    return fail(ErrorCode::kModel, "{} is not a parameter such as 0=64", shown(word));
  const bool counted = key <= kArrayKey;
  const int id = counted ? kArrayKey - key : key;
  if (id < 0 || id > kMaxParameterId)
    return fail(ErrorCode::kModel, "parameter {} is not within 0...{}", id, kMaxParameterId);

  std::string_view rest = word.substr(equals + 1);
  NcnnParameter parameter;
  parameter.is_array = counted || rest.find(',') != rest.npos;
  int64_t count = -1;
  if (counted) {
    const size_t comma = std::min(rest.find(','), rest.size());
    FOVEA_ASSIGN_OR_RETURN(
        count, parse_count(rest.substr(0, comma), 0, kMaxArray, "the length of an array"));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  while (!rest.empty() || (!counted && parameter.values.empty())) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view item = rest.substr(0, comma);
    FOVEA_ASSIGN_OR_RETURN(const double value, parse_value(item));
    if (parameter.values.size() >= kMaxArray)
      return fail(ErrorCode::kModel, "parameter {} has more than {} values", id, kMaxArray);
    parameter.is_whole = parameter.is_whole && is_whole(item);
    parameter.values.push_back(value);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  if (counted && std::cmp_not_equal(parameter.values.size(), count))
    return fail(ErrorCode::kModel, "parameter {} declares {} values and has {}", id, count,
                parameter.values.size());
  if (!layer.parameters.emplace(id, std::move(parameter)).second)
    return fail(ErrorCode::kModel, "parameter {} is there twice", id);
  return {};
}

Result<NcnnLayer> parse_layer(std::string_view line) {
  Words words(line);
  NcnnLayer layer;
  FOVEA_ASSIGN_OR_RETURN(layer.type, parse_name(words.next(), "a layer's type"));
  FOVEA_ASSIGN_OR_RETURN(layer.name, parse_name(words.next(), "a layer's name"));
  FOVEA_ASSIGN_OR_RETURN(const int64_t inputs,
                         parse_count(words.next(), 0, kMaxBlobsOfLayer, "the number of inputs"));
  FOVEA_ASSIGN_OR_RETURN(const int64_t outputs,
                         parse_count(words.next(), 1, kMaxBlobsOfLayer, "the number of outputs"));
  for (int64_t i = 0; i < inputs + outputs; ++i) {
    FOVEA_ASSIGN_OR_RETURN(const std::string_view name, parse_name(words.next(), "a blob's name"));
    (i < inputs ? layer.inputs : layer.outputs).push_back(name);
  }
  for (auto word = words.next(); !word.empty(); word = words.next())
    FOVEA_TRY(parse_parameter(word, layer));
  return layer;
}

tl::unexpected<Error> fail_at(size_t line, Error error) {
  return fail_in(fmt::format("line {}", line), std::move(error));
}

}  // namespace

Result<std::vector<NcnnLayer>> parse_ncnn_param(std::string_view text) {
  Lines lines(text);
  std::string_view line;
  if (!lines.next(line) || Words(line).next() != kNcnnMagic)
    return fail(ErrorCode::kModel, "does not begin with {}: not the text of an ncnn .param file",
                kNcnnMagic);
  if (!lines.next(line)) return fail(ErrorCode::kModel, "ends before its layer and blob counts");
  Words counts(line);
  auto layer_count = parse_count(counts.next(), 1, kMaxLayers, "the layer count");
  if (!layer_count) return fail_at(lines.number(), std::move(layer_count.error()));
  auto blob_count = parse_count(counts.next(), 1, kMaxBlobs, "the blob count");
  if (!blob_count) return fail_at(lines.number(), std::move(blob_count.error()));

  std::vector<NcnnLayer> layers;
  size_t blobs = 0;
  while (lines.next(line)) {
    auto layer = parse_layer(line);
    if (!layer) return fail_at(lines.number(), std::move(layer.error()));
    layer->line = lines.number();
    blobs += layer->outputs.size();
    layers.push_back(std::move(*layer));
    if (std::cmp_greater(layers.size(), *layer_count) || std::cmp_greater(blobs, *blob_count))
      break;
  }
  if (std::cmp_not_equal(layers.size(), *layer_count))
    return fail(
        ErrorCode::kModel, "declares {} layers and has {}", *layer_count,
        std::cmp_greater(layers.size(), *layer_count) ? "more" : std::to_string(layers.size()));
  if (std::cmp_not_equal(blobs, *blob_count))
    return fail(ErrorCode::kModel, "declares {} blobs and its layers make {}", *blob_count,
                std::cmp_greater(blobs, *blob_count) ? "more" : std::to_string(blobs));
  return layers;
}

std::string describe(const NcnnLayer& layer) {
  return fmt::format("line {}, {} {}", layer.line, layer.type, layer.name);
}

}  // namespace fovea
