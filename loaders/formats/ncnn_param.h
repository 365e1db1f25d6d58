// The text of an ncnn .param file as a list of layers, not yet understood.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/status.h"

namespace fovea {

/// The first line of every .param file.
inline constexpr std::string_view kNcnnMagic = "7767517";

/// One `id=value` or `-23300-id=count,value,...` of a layer.
struct NcnnParameter {
  std::vector<double> values;  // one, or an array's; finite, each exactly an int32 or a float
  bool is_array = false;
  bool is_whole = true;  // written without point and exponent
};

/// One line: a layer that makes the blobs `outputs` of the blobs `inputs`. The names point into the
/// text they were parsed from.
struct NcnnLayer {
  size_t line = 0;  // from 1
  std::string_view type;
  std::string_view name;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::map<int, NcnnParameter> parameters;
};

/// Splits `text` into its layers. The counts that the file declares must be what it holds; they
/// size nothing. kModel, naming the line, otherwise.
Result<std::vector<NcnnLayer>> parse_ncnn_param(std::string_view text);

/// "line 12, Convolution Conv_0"
std::string describe(const NcnnLayer& layer);

}  // namespace fovea
