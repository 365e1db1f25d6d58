// Bytes as a safetensors file: read, then taken for each architecture.
#include "loaders/architectures/architecture.h"
#include "loaders/formats/safetensors.h"
#include "tests/fuzz/require.h"
#include "tests/model_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  const FileBytes file = test::file_bytes({reinterpret_cast<const char*>(data), size});
  const auto weights = read_safetensors(file);
  if (!weights) {
    fuzz::require(!weights.error().message.empty(), "a refusal says why");
    return 0;
  }
  for (const WeightTensor& tensor : weights->tensors()) (void)to_f32(tensor);
  (void)build_architecture(*weights);
  return 0;
}
