// The bulk copy engine: boxes of tensors and plain runs, counted on mbarriers.
#include <fmt/core.h>

#include <cstring>

#include "tests/emulation/block.h"
#include "tests/emulation/guarded_memory.h"
#include "tests/emulation/mbarriers.h"
#include "tests/emulation/tensor_map.h"

namespace fovea::emulation {
namespace {

constexpr size_t kTensorAlignment = 128;
constexpr size_t kBulkAlignment = 16;
constexpr int64_t kMaxBox = 256;

bool read_map(const cuda::TensorMap* map, TensorMapFields& fields) {
  std::memcpy(&fields, map, sizeof fields);
  if (fields.mark == kTensorMapMark) return true;
  block.error("a TensorMap that was not encoded");
  return false;
}

/// Rows [first, last) of the box, a row being a run along the innermost axis.
void copy_rows(const TensorMapFields& map, uint8_t* shared, const int64_t (&at)[3], int64_t first,
               int64_t last) {
  const int64_t element = map.element_bytes;
  const int64_t row_bytes = map.box[0] * element;
  for (int64_t row = first; row < last; row++) {
    uint8_t* to = shared + row * row_bytes;
    const int64_t y = at[1] + row % map.box[1];
    const int64_t z = at[2] + row / map.box[1];
    std::memset(to, 0, static_cast<size_t>(row_bytes));
    if (y < 0 || y >= map.sizes[1] || z < 0 || z >= map.sizes[2]) continue;
    const int64_t begin = std::max<int64_t>(at[0], 0);
    const int64_t end = std::min<int64_t>(at[0] + map.box[0], map.sizes[0]);
    if (begin >= end) continue;
    std::memcpy(to + (begin - at[0]) * element,
                map.base + begin * element + y * map.strides[0] + z * map.strides[1],
                static_cast<size_t>((end - begin) * element));
  }
}

}  // namespace

cuda::CudaError encode_tensor_map(const TensorMapFields& fields, cuda::TensorMap& map) {
  constexpr cuda::CudaError kInvalid = 1;
  const bool known = fields.element_bytes == 1 || fields.element_bytes == 2 ||
                     fields.element_bytes == 4 || fields.element_bytes == 8;
  if (!known || reinterpret_cast<uintptr_t>(fields.base) % 16 != 0 || !fields.base) return kInvalid;
  for (int axis = 0; axis < 3; axis++) {
    const int64_t size = fields.sizes[axis];
    const int64_t box = fields.box[axis];
    if (size < 1 || size > int64_t{1} << 32 || box < 1 || box > kMaxBox) return kInvalid;
  }
  for (const int64_t stride : fields.strides) {
    if (stride % 16 != 0 || stride < 1 || stride >= int64_t{1} << 40) return kInvalid;
  }
  // The driver's documentation builds each stride as a multiple of the one before it.
  if (fields.strides[0] < fields.sizes[0] * fields.element_bytes ||
      fields.strides[1] % fields.strides[0] != 0) {
    return kInvalid;
  }
  if (fields.box[0] * fields.element_bytes % 16 != 0) return kInvalid;
  TensorMapFields marked = fields;
  marked.mark = kTensorMapMark;
  map = {};
  std::memcpy(&map, &marked, sizeof marked);
  return 0;
}

void check_tensor_map(const cuda::TensorMap* map) {
  TensorMapFields fields;
  read_map(map, fields);
}

void tensor_load_3d(void* shared, const cuda::TensorMap* map, uint64_t* barrier, int x, int y,
                    int z) {
  counts.bulk_copies++;
  const int number = find_mbarrier(barrier, "tensor_load_3d");
  TensorMapFields fields;
  if (number < 0 || !read_map(map, fields)) return;
  check_init_fence(number);
  check_device_access(fields.base, 1, Access::kRead, "tensor_load_3d reads");
  const int64_t rows = int64_t{fields.box[1]} * fields.box[2];
  const int64_t row_bytes = int64_t{fields.box[0]} * fields.element_bytes;
  auto* to = static_cast<uint8_t*>(shared);
  if (!block.in_shared(to, static_cast<size_t>(rows * row_bytes))) {
    return block.error("tensor_load_3d: the box does not fit into shared memory there");
  }
  if (shared_address(to) % kTensorAlignment != 0) {
    return block.error(fmt::format("tensor_load_3d: destination {:#x} is not a multiple of 128",
                                   shared_address(to)));
  }
  const uint32_t copy = race_watch.begin_bulk_copy(block.self().index, number, to,
                                                   static_cast<size_t>(rows * row_bytes));
  if (block.schedule().bulk != Schedule::Bulk::kEarly) {
    std::memset(to, 0xff, static_cast<size_t>(rows * row_bytes));
  }
  // In two pieces where the order is random: bytes may be counted before the whole box is there.
  const int64_t middle = block.schedule().bulk == Schedule::Bulk::kRandom
                             ? block.random().below(static_cast<uint32_t>(rows + 1))
                             : rows;
  const auto piece = [=](int64_t first, int64_t last) {
    if (first == last) return;
    block.post([=] {
      copy_rows(fields, to, {x, y, z}, first, last);
      complete_bytes(number, (last - first) * row_bytes, copy);
    });
  };
  piece(0, middle);
  piece(middle, rows);
  block.perhaps_yield();
}

void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier) {
  counts.bulk_copies++;
  const int number = find_mbarrier(barrier, "bulk_load");
  if (number < 0) return;
  check_init_fence(number);
  auto* to = static_cast<uint8_t*>(shared);
  if (!block.in_shared(to, bytes)) {
    return block.error("bulk_load: the bytes do not fit into shared memory there");
  }
  if (bytes % kBulkAlignment != 0 || shared_address(to) % kBulkAlignment != 0 ||
      reinterpret_cast<uintptr_t>(global) % kBulkAlignment != 0) {
    return block.error("bulk_load: addresses and size must be multiples of 16");
  }
  check_device_access(global, bytes, Access::kRead, "bulk_load reads");
  const uint32_t copy = race_watch.begin_bulk_copy(block.self().index, number, to, bytes);
  if (block.schedule().bulk != Schedule::Bulk::kEarly) std::memset(to, 0xff, bytes);
  block.post([=] {
    std::memcpy(to, global, bytes);
    complete_bytes(number, bytes, copy);
  });
  block.perhaps_yield();
}

void fence_proxy_async() { race_watch.proxy_fence(block.self().index); }

}  // namespace fovea::emulation
