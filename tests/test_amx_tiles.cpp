// The emulated tile registers: what they compute, beside sums written down naively, and what they
// refuse, as a processor would.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "kernels/cpu/amx/tile_emulator.h"
#include "tests/random_values.h"

namespace fovea::test {
namespace {

namespace tiles = cpu::emulated_tiles;
using cpu::TileConfig;

std::string misuse() {
  const char* what = tiles::take_misuse();
  return what == nullptr ? "" : what;
}

struct Shape {
  int rows;
  int row_bytes;
};

TileConfig config_of(const std::vector<Shape>& shapes) {
  TileConfig config{};
  config.palette = 1;
  for (size_t t = 0; t < shapes.size(); ++t) {
    config.rows[t] = static_cast<uint8_t>(shapes[t].rows);
    config.row_bytes[t] = static_cast<uint16_t>(shapes[t].row_bytes);
  }
  return config;
}

float widen(uint16_t bits) { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
uint16_t truncate(float x) { return static_cast<uint16_t>(std::bit_cast<uint32_t>(x) >> 16); }

bool is_denormal(float x) { return x != 0 && std::abs(x) < std::numeric_limits<float>::min(); }
float flush(float x) { return is_denormal(x) ? std::copysign(0.0f, x) : x; }

// One product of tiles with everything that decides its bits.
struct Product {
  int rows;                 // of A and of the sums
  int pairs;                // in a row of A; rows of B
  int columns;              // of B and of the sums
  std::vector<uint16_t> a;  // (rows, 2 pairs)
  std::vector<uint16_t> b;  // (pairs, 2 columns)
  std::vector<float> sums;  // (rows, columns)

  Product(int m, int k, int n)
      : rows(m),
        pairs(k),
        columns(n),
        a(static_cast<size_t>(2 * m * k)),
        b(static_cast<size_t>(2 * k * n)),
        sums(static_cast<size_t>(m * n)) {}

  // Element by element, as Intel's manual has TDPBF16PS: fused multiply-adds over the first values
  // of the pairs, over the second ones, then both and the old sum.
  std::vector<float> expected() const {
    std::vector<float> result;
    for (int m = 0; m < rows; ++m) {
      for (int n = 0; n < columns; ++n) {
        float partial[2] = {0, 0};
        for (int k = 0; k < pairs; ++k) {
          for (int i = 0; i < 2; ++i)
            partial[i] = flush(std::fma(
                flush(widen(a[static_cast<size_t>((m * pairs + k) * 2 + i)])),
                flush(widen(b[static_cast<size_t>((k * columns + n) * 2 + i)])), partial[i]));
        }
        const float both = flush(partial[0] + partial[1]);
        result.push_back(flush(flush(sums[static_cast<size_t>(m * columns + n)]) + both));
      }
    }
    return result;
  }

  std::vector<float> emulated() const {
    tiles::configure(config_of({{rows, 4 * columns}, {rows, 4 * pairs}, {pairs, 4 * columns}}));
    tiles::load(0, sums.data(), 4 * columns);
    tiles::load(1, a.data(), 4 * pairs);
    tiles::load(2, b.data(), 4 * columns);
    tiles::multiply(0, 1, 2);
    std::vector<float> result(sums.size(), std::numeric_limits<float>::quiet_NaN());
    tiles::store(0, result.data(), 4 * columns);
    tiles::release();
    return result;
  }
};

void expect_same_bits(const std::vector<float>& expected, const std::vector<float>& actual) {
  ASSERT_EQ(expected.size(), actual.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    if (std::isnan(expected[i])) {
      EXPECT_TRUE(std::isnan(actual[i])) << i;  // which NaN is nobody's promise
    } else {
      EXPECT_EQ(std::bit_cast<uint32_t>(expected[i]), std::bit_cast<uint32_t>(actual[i]))
          << i << ": " << expected[i] << " and " << actual[i];
    }
  }
}

class AmxTiles : public ::testing::Test {
 protected:
  void SetUp() override { misuse(); }
  void TearDown() override {
    EXPECT_EQ(misuse(), "");
    tiles::release();
  }
};

TEST_F(AmxTiles, MultiplyAsTheManualSays) {
  RandomValues random(11);
  for (const auto& [rows, pairs, columns] :
       {std::array{16, 16, 16}, {1, 1, 1}, {3, 5, 7}, {16, 1, 16}, {2, 16, 9}}) {
    // Values that mix in any order, products that are denormal, sums that overflow, and values
    // around the limits of what the emulator computes with vectors.
    for (const float scale :
         {1.0f, 0x1p-30f, 0x1p-49f, 0x1p-52f, 0x1p-64f, 0x1p-126f, 0x1p62f, 0x1p64f, 0x1p126f}) {
      SCOPED_TRACE(::testing::Message() << rows << " " << pairs << " " << columns << " " << scale);
      Product product(rows, pairs, columns);
      for (uint16_t& x : product.a) x = truncate(random.normal() * scale);
      for (uint16_t& x : product.b) x = truncate(random.normal() * scale);
      for (float& x : product.sums) x = random.normal() * scale * scale;
      expect_same_bits(product.expected(), product.emulated());
    }
  }
}

TEST_F(AmxTiles, MultiplySpecialValues) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::vector<float> special = {0.0f,
                                      -0.0f,
                                      1.0f,
                                      -1.0f,
                                      0x1p-126f,
                                      0x1p-130f,
                                      -0x1p-133f,
                                      0x1.8p127f,
                                      kInfinity,
                                      -kInfinity,
                                      std::numeric_limits<float>::quiet_NaN()};
  RandomValues random(12);
  const auto any = [&] {
    return special[static_cast<size_t>(
        random.integer(0, static_cast<int64_t>(special.size()) - 1))];
  };
  for (int round = 0; round < 200; ++round) {
    Product product(2, static_cast<int>(random.integer(1, 3)), 3);
    for (uint16_t& x : product.a) x = truncate(any());
    for (uint16_t& x : product.b) x = truncate(any());
    for (float& x : product.sums) x = any();
    expect_same_bits(product.expected(), product.emulated());
  }
}

// 1 + 2^-25 - 1: from the left the small term is lost, in a sum of pairs it would not be.
TEST_F(AmxTiles, EvenAndOddTermsAreSummedApart) {
  Product product(1, 3, 1);
  const auto set = [&](std::vector<float> left) {
    for (size_t i = 0; i < 6; ++i) product.a[i] = truncate(left[i]);
  };
  std::fill(product.b.begin(), product.b.end(), truncate(1.0f));
  set({1.0f, 0, 0x1p-25f, 0, -1.0f, 0});
  EXPECT_EQ(product.emulated()[0], 0.0f);
  set({1.0f, 0x1p-25f, -1.0f, 0, 0, 0});
  EXPECT_EQ(product.emulated()[0], 0x1p-25f);
}

TEST_F(AmxTiles, LoadsAndStoresKeepToTheirShapes) {
  std::vector<uint8_t> from(40 * 5);
  for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<uint8_t>(i);
  tiles::configure(config_of({{5, 12}}));
  tiles::load(0, from.data(), 40);
  std::vector<uint8_t> to(32 * 5, 0xaa);
  tiles::store(0, to.data(), 32);
  for (size_t r = 0; r < 5; ++r) {
    for (size_t i = 0; i < 32; ++i) EXPECT_EQ(to[r * 32 + i], i < 12 ? from[r * 40 + i] : 0xaa);
  }
  tiles::zero(0);
  tiles::store(0, to.data(), 32);
  EXPECT_EQ(to[11], 0);
  EXPECT_EQ(to[12], 0xaa);
}

TEST_F(AmxTiles, RefuseWhatAProcessorRefuses) {
  const auto refused = [](const TileConfig& config) {
    tiles::configure(config);
    return misuse();
  };
  TileConfig good = config_of({{16, 64}, {16, 64}, {16, 64}});
  EXPECT_EQ(refused(good), "");
  for (const auto& [change, word] : std::vector<std::pair<void (*)(TileConfig&), const char*>>{
           {[](TileConfig& c) { c.palette = 0; }, "palette"},
           {[](TileConfig& c) { c.palette = 2; }, "palette"},
           {[](TileConfig& c) { c.start_row = 1; }, "start row"},
           {[](TileConfig& c) { c.reserved[13] = 1; }, "reserved"},
           {[](TileConfig& c) { c.rows[1] = 17; }, "16 rows"},
           {[](TileConfig& c) { c.row_bytes[1] = 65; }, "64 bytes"},
           {[](TileConfig& c) { c.row_bytes[1] = 0; }, "without bytes"},
           {[](TileConfig& c) { c.rows[1] = 0; }, "without bytes"},
           {[](TileConfig& c) { c.rows[8] = c.rows[0], c.row_bytes[8] = 64; }, "eight"}}) {
    TileConfig config = good;
    change(config);
    EXPECT_NE(refused(config).find(word), std::string::npos) << word;
  }

  std::vector<float> memory(256);
  const auto after = [&](const std::vector<Shape>& shapes, auto use) {
    tiles::release();
    if (!shapes.empty()) tiles::configure(config_of(shapes));
    use();
    return misuse();
  };
  const auto multiply = [] { tiles::multiply(0, 1, 2); };
  EXPECT_NE(after({}, [] { tiles::zero(0); }), "");
  EXPECT_NE(after({}, [&] { tiles::load(0, memory.data(), 64); }), "");
  EXPECT_NE(after({}, [&] { tiles::store(0, memory.data(), 64); }), "");
  EXPECT_NE(after({}, multiply), "");
  EXPECT_NE(after({{16, 64}}, [] { tiles::zero(1); }), "");
  EXPECT_NE(after({{16, 64}}, [] { tiles::zero(8); }), "");
  EXPECT_EQ(after({{16, 64}, {16, 64}, {16, 64}}, multiply), "");
  EXPECT_EQ(after({{3, 20}, {3, 8}, {2, 20}}, multiply), "");
  EXPECT_NE(after({{3, 20}, {4, 8}, {2, 20}}, multiply), "");   // rows of A
  EXPECT_NE(after({{3, 20}, {3, 12}, {2, 20}}, multiply), "");  // pairs of A, rows of B
  EXPECT_NE(after({{3, 20}, {3, 8}, {2, 24}}, multiply), "");   // columns of B
  EXPECT_NE(after({{3, 18}, {3, 8}, {2, 18}}, multiply), "");   // no whole columns
  EXPECT_NE(after({{2, 8}, {2, 8}, {2, 8}}, [] { tiles::multiply(0, 1, 1); }), "");
  EXPECT_NE(after({{2, 8}, {2, 8}, {2, 8}}, [] { tiles::multiply(0, 0, 1); }), "");
}

// What was refused has changed nothing.
TEST_F(AmxTiles, MisuseIsNotedOnceAndForgotten) {
  tiles::zero(0);
  tiles::configure(TileConfig{});
  EXPECT_NE(misuse().find("before tiles are configured"), std::string::npos);
  EXPECT_EQ(misuse(), "");
}

}  // namespace
}  // namespace fovea::test
