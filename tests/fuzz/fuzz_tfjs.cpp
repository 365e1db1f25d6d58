// Bytes as a TensorFlow.js model: the JSON up to the first NUL, behind it the bytes of the shards,
// the first of which gets all.
#include "loaders/formats/tfjs.h"
#include "tests/fuzz/require.h"
#include "tests/model_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fovea;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t nul = std::min(bytes.find('\0'), size);
  std::string_view left = bytes.substr(std::min(nul + 1, size));
  const auto model = read_tfjs(test::file_bytes(bytes.substr(0, nul)),
                               [&](const std::string& name) -> Result<FileBytes> {
                                 fuzz::require(name.find('/') == name.npos, "a shard is no path");
                                 return test::file_bytes(std::exchange(left, {}));
                               });
  if (!model) fuzz::require(!model.error().message.empty(), "a refusal says why");
  return 0;
}
