#include "tests/network_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

namespace fovea::test {
namespace {

int64_t element_count(const Weights& weights) {
  int64_t count = 0;
  for (const WeightTensor& tensor : weights.tensors()) count += tensor.element_count();
  return count;
}

}  // namespace

NetworkFile& NetworkFile::tensor(const std::string& name, std::vector<int64_t> shape) {
  const int64_t count =
      std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
  const std::vector<float> values(static_cast<size_t>(count), 0.01f);
  EXPECT_TRUE(weights_.add(make_weight(name, std::move(shape), values))) << name;
  return *this;
}

NetworkFile& NetworkFile::convolution(const std::string& name, int64_t out, int64_t in,
                                      int64_t kernel) {
  return convolution_without_bias(name, out, in, kernel).tensor(name + ".bias", {out});
}

NetworkFile& NetworkFile::convolution_without_bias(const std::string& name, int64_t out, int64_t in,
                                                   int64_t kernel) {
  return tensor(name + ".weight", {out, in, kernel, kernel});
}

NetworkFile& NetworkFile::prelu(const std::string& name, int64_t channels) {
  return tensor(name + ".weight", {channels});
}

NetworkFile& NetworkFile::batch_norm(const std::string& name, int64_t channels) {
  for (const char* part : {".weight", ".bias", ".running_mean", ".running_var"})
    tensor(name + part, {channels});
  return tensor(name + ".num_batches_tracked", {});
}

NetworkFile& NetworkFile::metadata(const std::string& key, const std::string& value) {
  weights_.metadata[key] = value;
  return *this;
}

NetworkFile& NetworkFile::told(const std::string& key, const std::string& value) {
  weights_.told[key] = value;
  return *this;
}

NetworkFile NetworkFile::replaced(const std::string& name, const WeightTensor* replacement) const {
  NetworkFile result;
  result.weights_.metadata = weights_.metadata;
  result.weights_.told = weights_.told;
  for (const WeightTensor& tensor : weights_.tensors()) {
    if (tensor.name != name) {
      EXPECT_TRUE(result.weights_.add(tensor));
    } else if (replacement != nullptr) {
      EXPECT_TRUE(result.weights_.add(*replacement));
    }
  }
  return result;
}

std::string error_of(const Result<Model>& model) {
  if (model) return "no error, but a model of " + model->architecture;
  EXPECT_EQ(model.error().code, ErrorCode::kModel);
  return model.error().message;
}

void expect_refused(const NetworkFile& file, const std::string& part) {
  const std::string message = error_of(file.build());
  EXPECT_NE(message.find(part), std::string::npos)
      << "message: " << message << "\nexpected in it: " << part;
}

void expect_model(const Expected& expected) {
  const auto model = expected.file.build();
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->architecture, expected.architecture);
  EXPECT_EQ(model->colour, expected.colour);
  EXPECT_EQ(model->scale, expected.scale) << to_string(model->scale);
  EXPECT_EQ(model->padding_multiple, expected.padding_multiple);
  if (!expected.is_rewritten) {
    EXPECT_EQ(parameter_count(model->graph), element_count(expected.file.weights()));
  }
  EXPECT_FALSE(model->details.empty());
}

std::string details_of(const NetworkFile& file) {
  const auto model = file.build();
  if (!model) return error_of(model);
  std::vector<std::string> parts;
  for (const auto& [key, value] : model->details) parts.push_back(key + " " + value);
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace fovea::test
