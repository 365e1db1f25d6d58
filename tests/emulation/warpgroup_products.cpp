// wgmma: products of a warpgroup that run behind its back. Threads only note what they issue; a
// product whose 128 parts are there runs at once or when it is waited for, as the schedule says,
// and the accumulators' registers hold a mark, which is NaN, until they are waited for.
#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "tests/emulation/block.h"
#include "tests/emulation/numbers.h"

namespace fovea::emulation {
namespace {

constexpr int kRows = 64;
constexpr int kDepth = 16;
constexpr int kRegisterWords = 4;
constexpr uint32_t kInFlight = 0xffffdeadu;

/// A 64 x n accumulator between its first multiply and the wait for its last.
struct Accumulator {
  int n = 0;
  std::vector<float> values;  // row-major
  float* registers[kWarpgroup];
  uint64_t last_product = 0;  // that adds to it
};

struct Product {
  int n = 0;
  MatrixType type = MatrixType::kHalf;
  bool accumulate = false;
  bool begins = false;  // the first for its accumulator
  bool from_registers = false;
  uint64_t a = 0;
  uint64_t b = 0;
  size_t accumulator = 0;
  int issued = 0;
  bool done = false;
  uint32_t fragments[kWarpgroup][kRegisterWords];  // of a
  uint32_t number = 0;                             // since the block began
  std::vector<uint32_t> known;                     // by the warps that issue it, to the race watch
};

struct Warpgroup {
  std::vector<std::unique_ptr<Product>> products;  // not yet waited for, oldest first
  std::vector<std::unique_ptr<Product>> spare_products;
  std::vector<std::unique_ptr<Accumulator>> accumulators;
  std::vector<std::unique_ptr<Accumulator>> spare_accumulators;
  uint64_t first_product = 0;     // number of products[0] since the block began
  std::vector<uint64_t> commits;  // how many products had been issued at each commit
  uint64_t waited_commits = 0;    // that are no longer in commits
  int max_registers = 0;          // set_max_registers' last
};

std::vector<Warpgroup> groups(kMaxThreads / kWarpgroup);
int register_pool = 0;

Warpgroup& own_group() { return groups[static_cast<size_t>(block.self().index / kWarpgroup)]; }
int own_place() { return block.self().index % kWarpgroup; }

/// Row and column of register i of a thread: PTX ISA, "Register Fragments for m64nNk16".
inline int fragment_row(int place, int i) {
  return 16 * (place / kWarp) + place % kWarp / 4 + 8 * (i / 2 % 2);
}
inline int fragment_column(int place, int i) { return 8 * (i / 4) + 2 * (place % 4) + i % 2; }

/// Copies a thread's registers into the row-major accumulator, or back: pairs of neighbours, two
/// rows.
template <class Copy>
void each_pair(float* values, int n, int place, float* registers, Copy copy) {
  float* low = values + fragment_row(place, 0) * n + fragment_column(place, 0);
  float* high = low + 8 * n;
  for (int j = 0; j < n / 8; j++) {
    copy(low + 8 * j, registers + 4 * j);
    copy(high + 8 * j, registers + 4 * j + 2);
  }
}

struct Operand {
  uint32_t start, leading, stride;
};

bool read_descriptor(uint64_t bits, int row_groups, const char* which, Operand& operand) {
  constexpr uint64_t kMask = 0x3fff;
  operand.start = static_cast<uint32_t>(bits & kMask) << 4;
  operand.leading = static_cast<uint32_t>(bits >> 16 & kMask) << 4;
  operand.stride = static_cast<uint32_t>(bits >> 32 & kMask) << 4;
  constexpr uint64_t kFields = kMask | kMask << 16 | kMask << 32;
  if (bits & ~kFields) {
    block.error(
        fmt::format("wgmma: descriptor {} {:#x} has bits outside address, leading and "
                    "stride; swizzled operands are not modelled",
                    which, bits));
    return false;
  }
  const uint64_t end = uint64_t{operand.start} + operand.leading +
                       uint64_t{operand.stride} * static_cast<unsigned>(row_groups - 1) + 128;
  if (operand.start < kSharedBase || end > kSharedBase + block.shared_bytes()) {
    block.error(
        fmt::format("wgmma: operand {} (start {:#x}, leading {}, stride {}) lies outside "
                    "the block's {} bytes of shared memory",
                    which, operand.start, operand.leading, operand.stride, block.shared_bytes()));
    return false;
  }
  return true;
}

/// The core matrix of rows 8 i ... and depth 8 j ..., as f32.
void read_core(const Product& product, const Operand& operand, int i, int j, float (&core)[8][8]) {
  const uint8_t* at = block.shared() + (operand.start - kSharedBase) +
                      static_cast<size_t>(i) * operand.stride +
                      static_cast<size_t>(j) * operand.leading;
  if (race_watch.on()) {
    race_watch.read_product(block.self().index / kWarpgroup, product.number, product.known, at,
                            128);
  }
  decode(at, product.type, 64, &core[0][0]);
}

void read_left(const Product& product, float (&left)[kRows][kDepth]) {
  if (product.from_registers) {
    for (int t = 0; t < kWarpgroup; t++) {
      float values[2 * kRegisterWords];
      decode(product.fragments[t], product.type, 2 * kRegisterWords, values);
      for (int i = 0; i < 2 * kRegisterWords; i++) {
        left[fragment_row(t, i)][fragment_column(t, i)] = values[i];
      }
    }
    return;
  }
  Operand operand;
  if (!read_descriptor(product.a, kRows / 8, "a", operand)) {
    std::fill_n(&left[0][0], kRows * kDepth, std::bit_cast<float>(kInFlight));
    return;
  }
  for (int i = 0; i < kRows / 8; i++) {
    for (int j = 0; j < 2; j++) {
      float core[8][8];
      read_core(product, operand, i, j, core);
      for (int r = 0; r < 8; r++) std::copy_n(core[r], 8, &left[8 * i + r][8 * j]);
    }
  }
}

void read_right(const Product& product, float* right) {
  Operand operand;
  if (!read_descriptor(product.b, product.n / 8, "b", operand)) {
    std::fill_n(right, kDepth * product.n, std::bit_cast<float>(kInFlight));
    return;
  }
  for (int i = 0; i < product.n / 8; i++) {
    for (int j = 0; j < 2; j++) {
      float core[8][8];
      read_core(product, operand, i, j, core);
      for (int k = 0; k < 8; k++) {
        for (int c = 0; c < 8; c++) right[(8 * j + k) * product.n + 8 * i + c] = core[c][k];
      }
    }
  }
}

void run(Warpgroup& group, Product& product) {
  product.done = true;
  counts.wgmma++;
  Accumulator& accumulator = *group.accumulators[product.accumulator];
  float left[kRows][kDepth];
  float right[kDepth * 256];
  read_left(product, left);
  read_right(product, right);
  if (!product.accumulate) std::fill(accumulator.values.begin(), accumulator.values.end(), 0.0f);
  accumulate_product(accumulator.values.data(), &left[0][0], right, kRows, product.n, kDepth);
}

/// The accumulator whose registers in thread `place` begin at d, or a new one.
size_t find_accumulator(Warpgroup& group, int place, const float* d, int n) {
  for (size_t i = 0; i < group.accumulators.size(); i++) {
    const Accumulator& known = *group.accumulators[i];
    if (known.registers[place] == d) {
      if (known.n == n) return i;
      block.give_up("wgmma of another shape on accumulators that are in flight");
    }
  }
  if (group.spare_accumulators.empty()) {
    group.accumulators.push_back(std::make_unique<Accumulator>());
  } else {
    group.accumulators.push_back(std::move(group.spare_accumulators.back()));
    group.spare_accumulators.pop_back();
  }
  Accumulator& made = *group.accumulators.back();
  made.n = n;
  made.values.resize(static_cast<size_t>(kRows) * static_cast<size_t>(n));
  std::fill_n(made.registers, kWarpgroup, nullptr);
  return group.accumulators.size() - 1;
}

void issue(float* d, int n, uint64_t a, const uint32_t* fragments, uint64_t b, bool accumulate,
           MatrixType type) {
  Thread& thread = block.self();
  if (compute_capability() != 90) return block.error("wgmma needs compute capability 90 (sm_90a)");
  if (block.thread_count() < (thread.index / kWarpgroup + 1) * kWarpgroup) {
    return block.error("wgmma by a warpgroup of fewer than 128 threads");
  }
  Warpgroup& group = own_group();
  const int place = own_place();
  const size_t number = thread.wgmma_issued++ - group.first_product;
  if (number == group.products.size()) {
    if (group.spare_products.empty()) {
      group.products.push_back(std::make_unique<Product>());
    } else {
      group.products.push_back(std::move(group.spare_products.back()));
      group.spare_products.pop_back();
    }
    Product& made = *group.products.back();
    const size_t before = group.accumulators.size();
    made.accumulator = find_accumulator(group, place, d, n);
    made.begins = group.accumulators.size() != before;
    made.n = n;
    made.type = type;
    made.accumulate = accumulate;
    made.from_registers = fragments != nullptr;
    made.a = a;
    made.b = b;
    made.issued = 0;
    made.done = false;
    made.number = static_cast<uint32_t>(thread.wgmma_issued);
    race_watch.begin_product(made.known);
    group.accumulators[made.accumulator]->last_product = thread.wgmma_issued;
  }
  Product& product = *group.products[number];
  if (product.n != n || product.type != type || product.accumulate != accumulate ||
      product.from_registers != (fragments != nullptr) || product.a != a || product.b != b) {
    block.give_up("wgmma differs from that of other threads of the warpgroup");
  }
  Accumulator& accumulator = *group.accumulators[product.accumulator];
  const auto registers = static_cast<size_t>(n) / 2;
  if (product.begins) {
    if (!thread.wgmma_fenced) {
      block.error("wgmma without wgmma_fence since its accumulators were accessible");
    }
    accumulator.registers[place] = d;
    if (accumulate) {
      each_pair(accumulator.values.data(), n, place, d, [](float* value, const float* pair) {
        std::memcpy(value, pair, 2 * sizeof(float));
      });
    }
    std::fill_n(d, registers, std::bit_cast<float>(kInFlight));
  } else if (accumulator.registers[place] != d) {
    block.give_up("wgmma on other accumulators than those in flight");
  }
  if (thread.index % kWarp == 0) race_watch.join_product(thread.index, product.known);
  if (fragments) std::copy_n(fragments, kRegisterWords, product.fragments[place]);
  if (++product.issued == kWarpgroup && block.schedule().matrix == Schedule::Matrix::kAtIssue) {
    run(group, product);
  }
}

void write_back(Accumulator& accumulator) {
  const int first = block.self().index / kWarpgroup * kWarpgroup;
  for (int t = 0; t < kWarpgroup; t++) {
    float* d = accumulator.registers[t];
    uint32_t changed = 0;
    for (int i = 0; i < accumulator.n / 2; i++)
      changed |= std::bit_cast<uint32_t>(d[i]) ^ kInFlight;
    if (changed) {
      block.error(fmt::format("an accumulator of thread {} was written while wgmma was in flight",
                              first + t));
    }
    each_pair(accumulator.values.data(), accumulator.n, t, d,
              [](const float* value, float* pair) { std::memcpy(pair, value, 2 * sizeof(float)); });
  }
}

/// The warpgroup has come together to wait until `pending` groups are left.
void retire(int pending) {
  Warpgroup& group = own_group();
  const int first = block.self().index / kWarpgroup * kWarpgroup;
  const Thread& leader = block.thread(first);
  for (int t = 1; t < kWarpgroup; t++) {
    const Thread& thread = block.thread(first + t);
    if (thread.wgmma_issued != leader.wgmma_issued ||
        thread.wgmma_commits != leader.wgmma_commits) {
      block.give_up("threads of the warpgroup have issued different wgmma before wgmma_wait");
    }
  }
  if (group.commits.size() <= static_cast<size_t>(pending)) return;
  const uint64_t through = group.commits[group.commits.size() - 1 - static_cast<size_t>(pending)];
  group.waited_commits += group.commits.size() - static_cast<size_t>(pending);
  group.commits.erase(group.commits.begin(), group.commits.end() - pending);
  if (through == group.first_product) return;
  const auto count = static_cast<size_t>(through - group.first_product);
  for (size_t i = 0; i < count; i++) {
    if (!group.products[i]->done) run(group, *group.products[i]);
  }
  // Accumulators that no later product adds to are the threads' again.
  std::vector<size_t> places(group.accumulators.size());
  size_t kept = 0;
  for (size_t i = 0; i < group.accumulators.size(); i++) {
    if (group.accumulators[i]->last_product <= through) {
      write_back(*group.accumulators[i]);
      group.spare_accumulators.push_back(std::move(group.accumulators[i]));
    } else {
      places[i] = kept;
      if (kept != i) group.accumulators[kept] = std::move(group.accumulators[i]);
      kept++;
    }
  }
  group.accumulators.resize(kept);
  for (size_t i = 0; i < count; i++) group.spare_products.push_back(std::move(group.products[i]));
  group.products.erase(group.products.begin(),
                       group.products.begin() + static_cast<ptrdiff_t>(count));
  for (const auto& product : group.products) product->accumulator = places[product->accumulator];
  group.first_product = through;
  for (int t = first; t < first + kWarpgroup; t++) {
    block.thread(t).wgmma_fenced = false;
    race_watch.acquire_products(t, first / kWarpgroup, static_cast<uint32_t>(through) + 1);
  }
}

}  // namespace

void start_wgmma() {
  for (Warpgroup& group : groups) {
    for (auto& product : group.products) group.spare_products.push_back(std::move(product));
    for (auto& one : group.accumulators) group.spare_accumulators.push_back(std::move(one));
    group.products.clear();
    group.accumulators.clear();
    group.commits.clear();
    group.first_product = 0;
    group.waited_commits = 0;
    group.max_registers = 0;
  }
  // A launch gives each thread what the compiler chose: at most its share, in units of 8.
  constexpr int kRegisters = 65536;
  register_pool = std::min(kRegisters / block.thread_count() / 8 * 8, 255);
}

void finish_wgmma() {
  int registers = 0;
  bool any = false;
  const int warpgroups = (block.thread_count() + kWarpgroup - 1) / kWarpgroup;
  for (int g = 0; g < warpgroups; g++) {
    const Warpgroup& group = groups[static_cast<size_t>(g)];
    any = any || group.max_registers != 0;
    registers += kWarpgroup * (group.max_registers ? group.max_registers : register_pool);
    if (!group.products.empty()) {
      block.error(
          fmt::format("warpgroup {} returned with {} wgmma in flight", g, group.products.size()));
    }
  }
  constexpr int kRegisters = 65536;
  if (any && registers > kRegisters) {
    block.error(fmt::format("set_max_registers: the warpgroups hold {} registers together, of {}",
                            registers, kRegisters));
  }
}

void wgmma_fence() { block.self().wgmma_fenced = true; }

void wgmma(float* d, int n, uint64_t a, uint64_t b, bool accumulate, MatrixType type) {
  issue(d, n, a, nullptr, b, accumulate, type);
}

void wgmma(float* d, int n, const uint32_t (&a)[4], uint64_t b, bool accumulate, MatrixType type) {
  issue(d, n, 0, a, b, accumulate, type);
}

void wgmma_commit() {
  Thread& thread = block.self();
  Warpgroup& group = own_group();
  // The first thread to come notes where the group ends; wgmma_wait compares the others' counts.
  if (thread.wgmma_commits++ == group.waited_commits + group.commits.size()) {
    group.commits.push_back(thread.wgmma_issued);
  }
  block.perhaps_yield();
}

void wgmma_wait(int pending) {
  block.perhaps_yield();
  block.meet_warpgroup(Operation::kWgmmaWait, pending, [&] { retire(pending); });
}

void set_max_registers(int registers, bool increase) {
  if (registers < 24 || registers > 256 || registers % 8 != 0) {
    return block.error(fmt::format("set_max_registers to {}", registers));
  }
  if (compute_capability() < 90) {
    return block.error("set_max_registers needs compute capability 90 (sm_90a)");
  }
  block.meet_warpgroup(Operation::kSetMaxRegisters, 2 * registers + increase, [&] {
    Warpgroup& group = own_group();
    const int before = group.max_registers;  // 0: what the compiler chose
    if (before != 0 && (increase ? registers < before : registers > before)) {
      block.error(fmt::format("set_max_registers_{} from {} to {}",
                              increase ? "increase" : "decrease", before, registers));
    }
    group.max_registers = registers;
  });
}

}  // namespace fovea::emulation
