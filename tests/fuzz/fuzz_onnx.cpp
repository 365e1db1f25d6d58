// Bytes as an ONNX file; what loads has a size at every node for pictures as it asks for them, or
// says that they are too small for its margins.
#include "loaders/formats/onnx/onnx.h"
#include "tests/fuzz/require.h"
#include "tests/model_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  const auto model =
      read_onnx(test::file_bytes(std::string_view(reinterpret_cast<const char*>(data), size)));
  if (!model) {
    fuzz::require(!model.error().message.empty(), "a refusal says why");
    return 0;
  }
  const int64_t multiple = model->padding_multiple;
  const auto sizes = infer_sizes(model->graph, {2 * multiple, 3 * multiple});
  fuzz::require(sizes || sizes.error().code == ErrorCode::kPicture,
                "a graph fits the pictures that it asks for");
  if (!sizes) return 0;
  const Size output = (*sizes)[static_cast<size_t>(model->graph.output())];
  fuzz::require(output == Size{scaled_length(2 * multiple, model->scale),
                               scaled_length(3 * multiple, model->scale)},
                "the result has the model's scale");
  return 0;
}
