// The weights of an ncnn .bin file: what the layers ask for, one after the other, without names.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/status.h"
#include "engine/weights.h"
#include "loaders/formats/byte_reader.h"
#include "loaders/formats/file_bytes.h"

namespace fovea {

/// Reads tensors in the order of the layers. Every tensor is finite and shares the file's bytes.
class NcnnBin {
 public:
  explicit NcnnBin(const FileBytes& file) : file_(file), reader_(file.span()) {}

  /// A tensor led by a word that tells its type: 0 and 0x0002C056 float32, 0x01306B47 float16
  /// padded to 4 bytes. kModel, by name, for int8 (0x000D4B38) and table-quantised weights.
  Result<WeightTensor> read_tagged(std::string name, std::vector<int64_t> shape);

  /// A float32 tensor without that word: biases, slopes, statistics.
  Result<WeightTensor> read_plain(std::string name, std::vector<int64_t> shape);

  /// kModel unless every byte has been read.
  Status expect_end() const;

 private:
  Result<WeightTensor> read(std::string name, std::vector<int64_t> shape, DType dtype);

  FileBytes file_;
  ByteReader reader_;
};

}  // namespace fovea
