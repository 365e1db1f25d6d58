// Bytes as a model file under each name, as a user gives it; what loads and is small is run on a
// tiny picture, whose result must be whole or refused. An ncnn text, or a TensorFlow.js JSON, is
// divided from its weights by a NUL.
#include <fstream>

#include "engine/upscaler.h"
#include "loaders/load_model.h"
#include "tests/fuzz/require.h"
#include "tests/model_files.h"

namespace fovea::fuzz {
namespace {

constexpr int64_t kMaxOperations = 20'000'000;

void run(Model loaded) {
  if (loaded.resize_before) {
    auto scaled = with_scale(std::move(loaded), {2, 1});
    require(scaled.has_value(), "a model without a scale takes one");
    loaded = std::move(*scaled);
  }
  const Size input{3, 5};
  const int64_t multiple = loaded.padding_multiple;
  const auto work = multiply_accumulates(loaded.graph, {4 * multiple, 5 * multiple});
  const auto output = infer_sizes(loaded.graph, {4 * multiple, 5 * multiple});
  if (!work || *work > kMaxOperations || !output) return;
  for (const Size& size : *output) {
    if (size.area() > 1 << 16) return;
  }
  UpscalerOptions options;
  options.device = DeviceKind::kCpu;
  options.threads = 1;
  options.memory_ceiling = int64_t{64} << 20;
  auto upscaler = Upscaler::create(std::make_shared<const Model>(std::move(loaded)), options);
  if (!upscaler) return;
  const auto picture = Picture::create(input, 3, 8);
  const auto result = upscaler->upscale(*picture);
  if (result)
    require(result->size() == upscaler->output_size(input), "the result has the size foretold");
  else
    require(!result.error().message.empty(), "a refusal says why");
}

}  // namespace
}  // namespace fovea::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  static const test::TemporaryFolder folder;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t nul = std::min(bytes.find('\0'), size);
  const bool is_ncnn = bytes.starts_with("7767517");
  std::filesystem::path file;
  if (is_ncnn) {
    file = folder.write("model.param", bytes.substr(0, nul));
    folder.write("model.bin", bytes.substr(std::min(nul + 1, size)));
  } else if (bytes.starts_with("{")) {
    file = folder.write("model.json", bytes.substr(0, nul));
    folder.write("weights.bin", bytes.substr(std::min(nul + 1, size)));
  } else {
    file = folder.write("model.safetensors", bytes);
  }
  auto model = load_model(file);
  if (model)
    fuzz::run(std::move(*model));
  else
    fuzz::require(model.error().message.starts_with(file.string()), "a refusal names the file");
  return 0;
}
