// Bytes as a file of torch.save: the archive since PyTorch 1.6 or the pickles before, then taken
// for each architecture. An archive is read a second time without its checksums: no change of a
// member would come past them.
#include "loaders/architectures/architecture.h"
#include "loaders/formats/model_format.h"
#include "loaders/formats/torch_checkpoint.h"
#include "tests/fuzz/require.h"
#include "tests/model_files.h"

namespace fovea::fuzz {
namespace {

// Sets the checksums of the directory's entries to 0, which the reader takes for "not computed".
std::string without_checksums(std::string bytes) {
  constexpr std::string_view kEntry = "PK\x01\x02";
  constexpr std::string_view kLocal = "PK\x03\x04";
  for (size_t at = bytes.find(kEntry); at != bytes.npos; at = bytes.find(kEntry, at + 1)) {
    if (bytes.size() - at >= 20) bytes.replace(at + 16, 4, 4, '\0');
  }
  for (size_t at = bytes.find(kLocal); at != bytes.npos; at = bytes.find(kLocal, at + 1)) {
    if (bytes.size() - at >= 18) bytes.replace(at + 14, 4, 4, '\0');
  }
  return bytes;
}

void read(std::string_view bytes) {
  const FileBytes file = test::file_bytes(bytes);
  const auto weights = sniff_model_format(file.span()) == ModelFormat::kZip
                           ? read_torch_zip(file)
                           : read_torch_legacy(file);
  if (!weights) {
    require(!weights.error().message.empty(), "a refusal says why");
    return;
  }
  size_t total = 0;
  for (const WeightTensor& tensor : weights->tensors()) {
    total += tensor.byte_count();
    (void)to_f32(tensor);
  }
  require(total <= 4 * (bytes.size() + (4 << 20)), "a small file makes no large tensors");
  (void)build_architecture(*weights);
}

}  // namespace
}  // namespace fovea::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  fovea::fuzz::read(bytes);
  if (bytes.starts_with("PK")) fovea::fuzz::read(fovea::fuzz::without_checksums(bytes));
  return 0;
}
