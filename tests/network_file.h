// Files of tensors made up by tests, and what they are as models.
#pragma once

#include <string>
#include <vector>

#include "loaders/architectures/architecture.h"

namespace fovea::test {

/// Tensors of small, fixed values: for tests about names and shapes.
class NetworkFile {
 public:
  NetworkFile& tensor(const std::string& name, std::vector<int64_t> shape);

  /// NAME.weight (out, in, kernel, kernel) and NAME.bias.
  NetworkFile& convolution(const std::string& name, int64_t out, int64_t in, int64_t kernel = 3);
  NetworkFile& convolution_without_bias(const std::string& name, int64_t out, int64_t in,
                                        int64_t kernel = 3);
  NetworkFile& prelu(const std::string& name, int64_t channels);
  NetworkFile& batch_norm(const std::string& name, int64_t channels);
  NetworkFile& metadata(const std::string& key, const std::string& value);

  /// What the caller tells.
  NetworkFile& told(const std::string& key, const std::string& value);

  /// The file again without `name`, or with another tensor in its place.
  NetworkFile without(const std::string& name) const { return replaced(name, nullptr); }
  NetworkFile with(const WeightTensor& tensor) const { return replaced(tensor.name, &tensor); }

  const Weights& weights() const { return weights_; }
  Result<Model> build() const { return build_architecture(weights_); }

 private:
  NetworkFile replaced(const std::string& name, const WeightTensor* replacement) const;

  Weights weights_;
};

/// The message of the error that building gives; what was built, where it gives none.
std::string error_of(const Result<Model>& model);

/// Building `file` fails with a message that has `part` in it.
void expect_refused(const NetworkFile& file, const std::string& part);

struct Expected {
  NetworkFile file;
  std::string architecture;
  ColourMode colour;
  Scale scale;
  int64_t padding_multiple;
  bool is_rewritten = false;  ///< its parameters are others than the file's
};

void expect_model(const Expected& expected);

/// The details that are told of what `file` is, as "key value, key value".
std::string details_of(const NetworkFile& file);

}  // namespace fovea::test
