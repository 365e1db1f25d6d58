// Swept equals whole, bit for bit, for every architecture: the golden models, loaded as a user's
// file is.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "loaders/load_model.h"
#include "tests/swept.h"

namespace fovea::test {
namespace {

std::vector<std::filesystem::path> golden_models() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(FOVEA_GOLDEN_MODELS)) {
    if (entry.path().extension() == ".safetensors") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class SweptModels : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(SweptModels, EqualWhole) {
  auto model = load_model(GetParam());
  ASSERT_TRUE(model) << model.error().message;
  if (model->resize_before) model = with_scale(std::move(*model), {3, 1});
  ASSERT_TRUE(model) << model.error().message;
  const int64_t multiple = model->padding_multiple;
  const auto backend = make_reference_backend();
  for (const Size base : {Size{1, 1}, Size{3, 2}, Size{9, 5}, Size{19, 4}}) {
    Size size{base.height * multiple, base.width * multiple};
    // Networks that pool strided maps refuse pictures below 15 pixels a side, as PyTorch does.
    const auto sizes = infer_sizes(model->graph, size);
    if (!sizes && sizes.error().code == ErrorCode::kPicture)
      size = {size.height + 14, size.width + 14};
    expect_swept_equals_whole(model->graph, *backend, size);
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, SweptModels, ::testing::ValuesIn(golden_models()),
                         [](const ::testing::TestParamInfo<std::filesystem::path>& tested) {
                           std::string name = tested.param.stem().string();
                           for (char& c : name) {
                             if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
                           }
                           return name;
                         });

}  // namespace
}  // namespace fovea::test
