// The files that were built in, byte for byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>

#include "loaders/formats/read_file.h"
#include "loaders/load_model.h"
#include "weights/own_models.h"

namespace fovea::test {
namespace {

TEST(OwnModels, AreTheirFiles) {
  size_t built_in = 0;
  for (const OwnModel& model : own_models()) {
    const auto path =
        std::filesystem::path(FOVEA_OWN_MODELS_FOLDER) / (std::string(model.name) + ".safetensors");
    const auto file = read_file(path, size_t{1} << 20, ErrorCode::kModel);
    ASSERT_TRUE(file) << model.name << ": " << file.error().message;
    EXPECT_EQ(model.use, "tests of " + std::string(model.name) + ", no more");
    if (model.bytes.empty()) continue;
    ++built_in;
    const auto bytes = file->span();
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), model.bytes.begin(), model.bytes.end()))
        << model.name;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(model.bytes.data()) % 64, 0u) << model.name;
  }
  EXPECT_EQ(built_in, FOVEA_OWN_MODELS_BUILT_IN);
}

TEST(OwnModels, AreInTheOrderOfTheTable) {
  std::string names;
  for (const OwnModel& model : own_models()) names += std::string(model.name) + " ";
  EXPECT_EQ(names, "small-x2 small-x3 small-x4 small-x8 other-x2 broken ");
  EXPECT_EQ(own_default(), "small");
}

TEST(OwnModels, AreLoadedWhereTheyLie) {
  for (const OwnModel& own : own_models()) {
    if (own.bytes.empty() || own.name == "broken") continue;
    const auto loaded = load_weights(unowned_bytes(own.bytes), std::string(own.name));
    ASSERT_TRUE(loaded) << loaded.error().message;
    EXPECT_EQ(loaded->model.architecture, "SRVGGNetCompact");
    const std::byte* tensor = loaded->weights.tensors().front().bytes.get();
    EXPECT_GE(tensor, own.bytes.data());
    EXPECT_LT(tensor, own.bytes.data() + own.bytes.size());
  }
}

}  // namespace
}  // namespace fovea::test
