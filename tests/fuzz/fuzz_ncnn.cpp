// Bytes as an ncnn network: the .param text up to the first NUL, the .bin file behind it.
#include "loaders/formats/ncnn.h"
#include "tests/fuzz/require.h"
#include "tests/model_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t nul = std::min(bytes.find('\0'), size);
  const auto model = read_ncnn(test::file_bytes(bytes.substr(0, nul)),
                               test::file_bytes(bytes.substr(std::min(nul + 1, size))));
  if (!model) fuzz::require(!model.error().message.empty(), "a refusal says why");
  return 0;
}
