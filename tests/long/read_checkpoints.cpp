// read_checkpoints FILE...: a line for each file, of torch.save or safetensors, its parts divided by
// tabs:
//   FILE refused WHY
//   FILE accepted NAME DTYPE SHAPE CRC NAME DTYPE SHAPE CRC ...
// for compare_readers.py. CRC is zip's, of the tensor's bytes.
#include <fmt/format.h>

#include <cstdio>

#include "loaders/formats/model_format.h"
#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "loaders/formats/torch_checkpoint.h"
#include "tests/zip_files.h"

namespace fovea {
namespace {

Result<Weights> read(const char* path) {
  constexpr size_t kMaxBytes = 1 << 24;
  FOVEA_ASSIGN_OR_RETURN(const FileBytes file, read_file(path, kMaxBytes, ErrorCode::kModel));
  switch (sniff_model_format(file.span())) {
    case ModelFormat::kZip:
      return read_torch_zip(file);
    case ModelFormat::kPickle:
      return read_torch_legacy(file);
    case ModelFormat::kSafetensors:
      return read_safetensors(file);
    default:
      return fail(ErrorCode::kModel, "is no file of either");
  }
}

void tell(const char* path) {
  const auto weights = read(path);
  fmt::print("{}\t{}", path,
             weights ? std::string("accepted") : "refused\t" + weights.error().message);
  if (weights) {
    for (const WeightTensor& tensor : weights->tensors()) {
      const std::string_view bytes(reinterpret_cast<const char*>(tensor.bytes.get()),
                                   tensor.byte_count());
      fmt::print("\t{}\t{}\t{}\t{}", tensor.name, to_string(tensor.dtype),
                 shape_string(tensor.shape), test::crc_of(bytes));
    }
  }
  fmt::print("\n");
}

}  // namespace
}  // namespace fovea

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) fovea::tell(arguments[i]);
  return 0;
}
