// Fragments and products of matrices. Elements are small distinct whole numbers, so that products
// are exact in any order of summation and a wrong place shows. The maps here are written from the
// tables of the PTX ISA (row and column as functions of lane and index), not shared with the
// emulation.

#include <random>

#include "tests/wrappers/case_lists.h"
#include "tests/wrappers/device_array.h"
#include "tests/wrappers/wrapper_kernels.h"

namespace fovea::cuda {
namespace {

uint16_t bits_of(float value, Type16 type) {
  // Whole numbers below 2^8 are exact in both types, so that bits are cut off, never rounded.
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if (type == Type16::kBfloat16) return static_cast<uint16_t>(bits >> 16);
  if (value == 0.0f) return 0;
  const uint32_t exponent = (bits >> 23 & 0xffu) - 127 + 15;
  return static_cast<uint16_t>((bits >> 16 & 0x8000u) | exponent << 10 | (bits >> 13 & 0x3ffu));
}

uint32_t pair_of(float low, float high, Type16 type) {
  return bits_of(low, type) | uint32_t{bits_of(high, type)} << 16;
}

struct Matrix {
  Matrix(size_t rows_, size_t columns_) : rows(rows_), columns(columns_), at(rows_ * columns_) {}
  float& operator()(size_t r, size_t c) { return at[r * columns + c]; }
  float operator()(size_t r, size_t c) const { return at[r * columns + c]; }
  size_t rows, columns;
  std::vector<float> at;
};

/// Whole numbers in -bound ... bound, as different as there are.
Matrix random_matrix(size_t rows, size_t columns, int bound, uint32_t seed) {
  Matrix matrix(rows, columns);
  std::mt19937 random(seed);
  for (float& value : matrix.at) {
    value = static_cast<float>(static_cast<int>(random() % static_cast<uint32_t>(2 * bound + 1)) -
                               bound);
  }
  return matrix;
}

Matrix product(const Matrix& a, const Matrix& b, const Matrix* onto) {
  Matrix d(a.rows, b.columns);
  for (size_t r = 0; r < d.rows; r++) {
    for (size_t c = 0; c < d.columns; c++) {
      double sum = onto ? static_cast<double>((*onto)(r, c)) : 0.0;
      for (size_t k = 0; k < a.columns; k++) {
        sum += static_cast<double>(a(r, k)) * static_cast<double>(b(k, c));
      }
      d(r, c) = static_cast<float>(sum);
    }
  }
  return d;
}

std::string load_matrix() {
  std::vector<uint16_t> values(4 * 64);
  for (size_t i = 0; i < values.size(); i++) values[i] = static_cast<uint16_t>(0x1000 + 37 * i);
  DeviceArray<uint16_t> in(values);
  DeviceArray<uint32_t> out(kMatrixLoads * 4 * 32);
  std::vector<uint32_t> expected(kMatrixLoads * 4 * 32, 0);
  for (size_t variant = 0; variant < kMatrixLoads; variant++) {
    const size_t matrices = size_t{1} << variant % 3;
    for (size_t m = 0; m < matrices; m++) {
      for (size_t lane = 0; lane < 32; lane++) {
        uint32_t word = 0;
        for (size_t i = 0; i < 2; i++) {
          const size_t along = 2 * (lane % 4) + i;
          const size_t row = variant < 3 ? lane / 4 : along;
          const size_t column = variant < 3 ? along : lane / 4;
          word |= uint32_t{values[64 * m + 8 * row + column]} << 16 * i;
        }
        expected[(4 * variant + m) * 32 + lane] = word;
      }
    }
  }
  return verdict(launch_load_matrix(in.data(), out.data(), nullptr), out, expected, "registers");
}

std::string store_matrix() {
  std::vector<uint32_t> values(32 * 4);
  for (size_t i = 0; i < values.size(); i++) {
    values[i] = static_cast<uint32_t>(0x10000000 + i * 0x00010003);
  }
  DeviceArray<uint32_t> in(values);
  DeviceArray<uint32_t> out(4 * 8 * 4);
  std::vector<uint32_t> expected;
  for (size_t m = 0; m < 4; m++) {
    for (size_t row = 0; row < 8; row++) {
      // Words of two elements: lane 4 row + w holds elements 2 w and 2 w + 1 of a row.
      for (size_t w = 0; w < 4; w++) expected.push_back(values[4 * (4 * row + w) + m]);
    }
  }
  return verdict(launch_store_matrix(in.data(), out.data(), nullptr), out, expected, "rows");
}

std::string mma(Type16 type) {
  const Matrix a = random_matrix(16, 16, 100, 1);
  const Matrix b = random_matrix(16, 8, 100, 2);
  const Matrix c = random_matrix(16, 8, 10000, 3);
  const Matrix d = product(a, b, &c);
  std::vector<uint32_t> left(32 * 4);
  std::vector<uint32_t> right(32 * 2);
  std::vector<float> sums(32 * 4);
  std::vector<float> expected(32 * 4);
  for (size_t lane = 0; lane < 32; lane++) {
    const size_t group = lane / 4;
    const size_t in_group = lane % 4;
    for (size_t i = 0; i < 4; i++) {
      // a0 ... a7 of the PTX ISA, two a register: row group (+ 8 for a2 a3 a6 a7), column
      // 2 in_group + (i & 1) (+ 8 for a4 ...).
      const size_t row = group + (i % 2 == 1 ? 8 : 0);
      const size_t column = 2 * in_group + (i >= 2 ? 8 : 0);
      left[4 * lane + i] = pair_of(a(row, column), a(row, column + 1), type);
      // c0 c1 in row group, c2 c3 in row group + 8.
      const size_t sum_row = group + (i >= 2 ? 8 : 0);
      const size_t sum_column = 2 * in_group + i % 2;
      sums[4 * lane + i] = c(sum_row, sum_column);
      expected[4 * lane + i] = d(sum_row, sum_column);
    }
    for (size_t i = 0; i < 2; i++) {
      const size_t row = 2 * in_group + 8 * i;
      right[2 * lane + i] = pair_of(b(row, group), b(row + 1, group), type);
    }
  }
  DeviceArray<uint32_t> a_registers(left);
  DeviceArray<uint32_t> b_registers(right);
  DeviceArray<float> d_registers(sums);
  const CudaError error =
      launch_mma(type, a_registers.data(), b_registers.data(), d_registers.data(), nullptr);
  return verdict(error, d_registers, expected, "sums");
}

/// Row of d (and of a in registers) and column of d that register i of a thread holds.
size_t wgmma_row(size_t thread, size_t i) {
  return 16 * (thread / 32) + thread % 32 / 4 + (i / 2 % 2 == 1 ? 8 : 0);
}
size_t wgmma_column(size_t thread, size_t i) { return 8 * (i / 4) + 2 * (thread % 4) + i % 2; }

struct Layout {
  const char* name;
  uint32_t pad;    // bytes between planes of 8 k
  uint32_t shift;  // of a's start, in rows of 16 bytes
  bool swapped;    // planes are neighbours and groups of 8 rows are far apart
};

/// Where element (row, k) of an operand of `rows` rows lies: core matrices of 8 rows x 16 bytes.
size_t place(size_t row, size_t k, uint32_t leading, uint32_t stride) {
  return k / 8 * leading + row / 8 * stride + row % 8 * 16 + k % 8 * 2;
}

void put(std::vector<uint8_t>& bytes, size_t at, uint16_t bits) {
  std::memcpy(bytes.data() + at, &bits, 2);
}

std::string wgmma(Type16 type, int n, const Layout& layout, bool a_in_registers, bool accumulate,
                  bool bulk) {
  constexpr size_t kSteps = 3;
  constexpr size_t kThreads = 128;
  const auto columns = static_cast<size_t>(n);
  const Matrix a = random_matrix(64, 16 * kSteps, 12, static_cast<uint32_t>(n));
  const Matrix b = random_matrix(16 * kSteps, columns, 12, static_cast<uint32_t>(n + 1));
  const Matrix c = random_matrix(64, columns, 1000, static_cast<uint32_t>(n + 2));
  const Matrix d = product(a, b, accumulate ? &c : nullptr);

  WgmmaRun run{};
  run.type = type;
  run.n = n;
  run.a_in_registers = a_in_registers;
  run.accumulate = accumulate;
  run.steps = kSteps;
  const uint32_t a_rows = 64 + layout.shift;
  if (layout.swapped) {
    run.a_leading = run.b_leading = 128;
    run.a_stride = run.b_stride = 256 + layout.pad;
    run.a_step = 64 / 8 * run.a_stride;
    run.b_step = static_cast<uint32_t>(n) / 8 * run.b_stride;
  } else {
    run.a_stride = run.b_stride = 128;
    run.a_leading = a_rows * 16 + layout.pad;
    run.b_leading = static_cast<uint32_t>(n) * 16 + layout.pad;
    run.a_step = 2 * run.a_leading;
    run.b_step = 2 * run.b_leading;
  }
  run.a_first = layout.shift * 16;
  run.a_bytes = kSteps * run.a_step + run.a_first;
  run.b_bytes = kSteps * run.b_step;
  std::vector<uint8_t> right(run.b_bytes, 0xff);
  for (size_t k = 0; k < b.rows; k++) {
    for (size_t column = 0; column < columns; column++) {
      put(right, k / 16 * run.b_step + place(column, k % 16, run.b_leading, run.b_stride),
          bits_of(b(k, column), type));
    }
  }
  std::vector<uint8_t> left(a_in_registers ? kSteps * kThreads * 16 : run.a_bytes, 0xff);
  for (size_t step = 0; step < kSteps && a_in_registers; step++) {
    for (size_t t = 0; t < kThreads; t++) {
      for (size_t i = 0; i < 8; i++) {  // a0 ... a7, as in mma.m16n8k16
        const size_t row = 16 * (t / 32) + t % 32 / 4 + (i / 2 % 2 == 1 ? 8 : 0);
        const size_t k = 16 * step + 2 * (t % 4) + i % 2 + (i >= 4 ? 8 : 0);
        put(left, (step * kThreads + t) * 16 + 2 * i, bits_of(a(row, k), type));
      }
    }
  }
  for (size_t row = 0; row < 64 && !a_in_registers; row++) {
    for (size_t k = 0; k < a.columns; k++) {
      put(left, run.a_first + k / 16 * run.a_step + place(row, k % 16, run.a_leading, run.a_stride),
          bits_of(a(row, k), type));
    }
  }
  std::vector<float> sums(kThreads * columns / 2);
  std::vector<float> expected(sums.size());
  for (size_t t = 0; t < kThreads; t++) {
    for (size_t i = 0; i < columns / 2; i++) {
      sums[t * columns / 2 + i] = c(wgmma_row(t, i), wgmma_column(t, i));
      expected[t * columns / 2 + i] = d(wgmma_row(t, i), wgmma_column(t, i));
    }
  }
  DeviceArray<uint8_t> a_bytes(left);
  DeviceArray<uint8_t> b_bytes(right);
  DeviceArray<float> d_registers(sums);
  const CudaError error =
      launch_wgmma(run, bulk, a_bytes.data(), b_bytes.data(), d_registers.data(), nullptr);
  return verdict(error, d_registers, expected, "sums");
}

std::string wgmma_shapes(Type16 type, bool a_in_registers) {
  for (int n = 8; n <= 256; n += 8) {
    if (!has_wgmma(n)) continue;
    std::string text = wgmma(type, n, {"dense", 0, 0, false}, a_in_registers, n % 16 == 0, true);
    if (!text.empty()) return text_of("n = ", n, ": ", text);
  }
  return "";
}

std::string wgmma_layouts() {
  for (const Layout& layout :
       {Layout{"padded planes", 64, 0, false}, Layout{"one row on", 0, 1, false},
        Layout{"two rows on, padded", 32, 2, false}, Layout{"planes beside each other", 0, 0, true},
        Layout{"planes beside each other, padded", 48, 0, true}}) {
    for (const bool bulk : {false, true}) {
      for (const int n : {8, 96}) {
        std::string text = wgmma(Type16::kHalf, n, layout, false, true, bulk);
        if (!text.empty()) {
          return text_of(layout.name, ", ", bulk ? "bulk copies" : "plain stores", ", n = ", n,
                         ": ", text);
        }
      }
    }
  }
  return "";
}

std::string wgmma_groups() {
  constexpr size_t kN = 32;
  constexpr size_t kThreads = 128;
  const Matrix b = random_matrix(16, kN, 50, 9);
  std::vector<uint8_t> left(2 * 64 * 32);
  std::vector<uint8_t> right(kN * 32);
  std::vector<float> expected;
  for (size_t k = 0; k < 16; k++) {
    for (size_t column = 0; column < kN; column++) {
      put(right, place(column, k, kN * 16, 128), bits_of(b(k, column), Type16::kHalf));
    }
  }
  for (size_t which = 0; which < 2; which++) {
    const Matrix a = random_matrix(64, 16, 50, static_cast<uint32_t>(10 + which));
    for (size_t row = 0; row < 64; row++) {
      for (size_t k = 0; k < 16; k++) {
        put(left, which * 2048 + place(row, k, 1024, 128), bits_of(a(row, k), Type16::kHalf));
      }
    }
    const Matrix d = product(a, b, nullptr);
    for (size_t t = 0; t < kThreads; t++) {
      for (size_t i = 0; i < kN / 2; i++)
        expected.push_back(d(wgmma_row(t, i), wgmma_column(t, i)));
    }
  }
  DeviceArray<uint8_t> a_bytes(left);
  DeviceArray<uint8_t> b_bytes(right);
  DeviceArray<float> d(expected.size());
  return verdict(launch_wgmma_groups(a_bytes.data(), b_bytes.data(), d.data(), nullptr), d,
                 expected, "sums");
}

}  // namespace

void add_matrix_cases(std::vector<WrapperCase>& cases) {
  cases.push_back({"load_matrix", 75, false, load_matrix});
  cases.push_back({"mma_half", 75, false, [] { return mma(Type16::kHalf); }});
  cases.push_back({"mma_bfloat16", 80, false, [] { return mma(Type16::kBfloat16); }});
  cases.push_back({"store_matrix", 90, false, store_matrix});
  for (const Type16 type : {Type16::kHalf, Type16::kBfloat16}) {
    for (const bool registers : {false, true}) {
      cases.push_back({text_of("wgmma_", type == Type16::kHalf ? "half" : "bfloat16", "_",
                               registers ? "registers" : "shared"),
                       90, true, [=] { return wgmma_shapes(type, registers); }});
    }
  }
  cases.push_back({"wgmma_layouts", 90, true, wgmma_layouts});
  cases.push_back({"wgmma_groups", 90, true, wgmma_groups});
}

}  // namespace fovea::cuda
