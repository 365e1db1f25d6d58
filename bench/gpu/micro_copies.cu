// How fast device memory and the L2 cache are read: by the copy engine in the boxes of the
// convolutions (a row of 66 pixels of some planes), and by plain loads of 16 bytes a thread.
//
// Boxes: one thread of a block keeps kStages boxes under way and does nothing with them but wait;
// block b takes rows b, b + blocks, ... of all strips, as the convolutions' consumers would
// together. Shared memory: kStages * planes * 66 * 16 bytes, 101,376 for 24 planes, and a barrier a
// stage. What arrives is checked on the first box, which lies half outside the map.
#include <algorithm>
#include <chrono>

#include "bench/gpu/device_memory.h"
#include "bench/gpu/micro.h"
#include "kernels/cuda/device/bulk_copy.cuh"
#include "kernels/cuda/device/device.cuh"
#include "kernels/cuda/device/mbarrier.cuh"
#include "kernels/cuda/launch.h"

namespace fovea::cuda {
namespace {

constexpr int kStages = 4;
constexpr int kStripPixels = 64;
constexpr int kBoxPixels = kStripPixels + 2;
constexpr int kBarrierBytes = 128;  // keeps the boxes aligned to 128
constexpr int kWidth = 1280;
constexpr int kPixelBytes = 16;

FOVEA_HOST_DEVICE constexpr int box_bytes(int planes) { return planes * kBoxPixels * kPixelBytes; }

FOVEA_KERNEL(32, 1)
void boxes_kernel(FOVEA_GRID_CONSTANT const TensorMap map, int strips, int rows, int planes,
                  int rounds, uint32_t* first_box) {
  auto* full = reinterpret_cast<uint64_t*>(dynamic_shared());
  uint8_t* boxes = dynamic_shared() + kBarrierBytes;
  const int bytes = box_bytes(planes);
  // The engine writes to multiples of 128.
  const int stage_bytes = (bytes + 127) / 128 * 128;
  if (thread_index() == 0) {
    for (int i = 0; i < kStages; i++) mbarrier_init(full + i, 1);
    mbarrier_init_fence();
    const int each = (strips * rows - block_index() + block_count() - 1) / block_count();
    const int count = each * rounds;
    const auto start = [&](int item) {
      const int box = block_index() + item % each * block_count();
      const int stage = item % kStages;
      mbarrier_arrive_expect_bytes(full + stage, static_cast<uint32_t>(bytes));
      tensor_load_3d(boxes + stage * stage_bytes, &map, full + stage,
                     2 * (box / rows * kStripPixels - 1), box % rows - 1, 0);
    };
    for (int item = 0; item < kStages && item < count; item++) start(item);
    for (int item = 0; item < count; item++) {
      mbarrier_wait(full + item % kStages, static_cast<uint32_t>(item / kStages % 2));
      if (item == 0 && block_index() < 2 && first_box) {
        const auto* words = reinterpret_cast<const uint32_t*>(boxes);
        for (int i = 0; i < bytes / 4; i++) first_box[block_index() * bytes / 4 + i] = words[i];
      }
      if (item + kStages < count) start(item + kStages);
    }
  }
}

struct alignas(16) Words {
  uint32_t w[4];
};

FOVEA_KERNEL(512, 2)
void loads_kernel(const Words* from, int64_t count, int rounds, uint32_t* sum) {
  uint32_t mixed = 0;
  const int64_t first = static_cast<int64_t>(block_index()) * thread_count() + thread_index();
  const int64_t step = static_cast<int64_t>(block_count()) * thread_count();
  FOVEA_NO_UNROLL
  for (int round = 0; round < rounds; round++) {
    for (int64_t i = first; i < count; i += 4 * step) {
      Words loaded[4] = {};
      FOVEA_UNROLL
      for (int j = 0; j < 4; j++) {
        if (i + j * step < count) loaded[j] = from[i + j * step];
      }
      FOVEA_UNROLL
      for (int j = 0; j < 4; j++) {
        mixed += loaded[j].w[0] ^ loaded[j].w[1] ^ loaded[j].w[2] ^ loaded[j].w[3];
      }
    }
  }
  // One word a thread; sums of a round are equal, so the host knows what they add up to.
  sum[first] = mixed;
}

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Runs `launch(rounds)` until it takes about `seconds`; bytes a second of `bytes` a round.
template <class Launch>
CudaError rate_of(const Launch& launch, int64_t bytes, double seconds, double& rate) {
  for (int rounds = 1;;) {
    const double begin = now();
    if (CudaError error = launch(rounds)) return error;
    if (CudaError error = synchronize(nullptr)) return error;
    const double spent = now() - begin;
    rate = static_cast<double>(bytes) * rounds / spent;
    if (spent >= seconds / 2 || rounds >= (1 << 20)) return 0;
    rounds = spent * 16 < seconds ? rounds * 8 : rounds * 2;
  }
}

/// Words that tell their place.
std::vector<uint32_t> pattern(int64_t bytes) {
  std::vector<uint32_t> words(static_cast<size_t>(bytes / 4));
  uint32_t word = 1;
  for (uint32_t& each : words) each = word = word * 1664525u + 1013904223u;
  return words;
}

/// Block `block`'s first box is row block - 1 from column -1: pixel 0 of each row is zero, and all
/// of block 0's.
bool box_is_right(const std::vector<uint32_t>& arrived, const std::vector<uint32_t>& map,
                  int planes, int64_t plane_pixels) {
  size_t place = 0;
  for (int block = 0; block < 2; block++) {
    for (int plane = 0; plane < planes; plane++) {
      for (int pixel = 0; pixel < kBoxPixels; pixel++) {
        for (int word = 0; word < 4; word++, place++) {
          const bool inside = block == 1 && pixel > 0;
          const int64_t at = (plane * plane_pixels + pixel - 1) * 4 + word;
          if (arrived[place] != (inside ? map[static_cast<size_t>(at)] : 0)) return false;
        }
      }
    }
  }
  return true;
}

CudaError measure_boxes(const CopyCase& measured, int multiprocessors, double seconds,
                        CopyResult& result) {
  const int planes = measured.planes;
  const int64_t rows = measured.bytes / (int64_t{kWidth} * kPixelBytes * planes);
  DeviceMap map;
  map.height = map.ring_rows = rows;
  map.width = map.row_stride = kWidth;
  map.channels = 8 * planes;
  map.plane_stride = rows * kWidth;
  const std::vector<uint32_t> words = pattern(map.plane_stride * planes * kPixelBytes);
  std::vector<uint32_t> arrived(static_cast<size_t>(2 * box_bytes(planes) / 4), 0xffffffffu);
  DeviceMemory memory, first_boxes;
  if (CudaError error = memory.upload(words)) return error;
  if (CudaError error = first_boxes.upload(arrived)) return error;
  map.data = memory.data();
  TensorMap boxes{};
  if (CudaError error = encode_row_boxes(map, kBoxPixels, planes, boxes)) return error;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(multiprocessors);
  shape.threads = 32;
  const int stage_bytes = (box_bytes(planes) + 127) / 128 * 128;
  shape.shared_bytes = static_cast<size_t>(kBarrierBytes + kStages * stage_bytes);
  const int strips = kWidth / kStripPixels;
  // The list is of rows from -1 on: the row above the map, and all but the last of it.
  const auto run = [&](int rounds) {
    return launch(boxes_kernel, shape, nullptr, boxes, strips, static_cast<int>(rows), planes,
                  rounds, first_boxes.data<uint32_t>());
  };
  if (CudaError error = run(1)) return error;
  if (CudaError error = first_boxes.download(arrived)) return error;
  result.ok = box_is_right(arrived, words, planes, map.plane_stride);
  return rate_of(run, int64_t{strips} * rows * box_bytes(planes), seconds, result.bytes_per_second);
}

CudaError measure_loads(const CopyCase& measured, int multiprocessors, double seconds,
                        CopyResult& result) {
  const std::vector<uint32_t> words = pattern(measured.bytes);
  const int threads = 512;
  const int blocks = 2 * multiprocessors;
  std::vector<uint32_t> sums(static_cast<size_t>(blocks * threads));
  DeviceMemory memory, device_sums;
  if (CudaError error = memory.upload(words)) return error;
  if (CudaError error = device_sums.upload(sums)) return error;
  LaunchShape shape;
  shape.grid_x = static_cast<unsigned>(blocks);
  shape.threads = threads;
  const int64_t count = measured.bytes / static_cast<int64_t>(sizeof(Words));
  const auto run = [&](int rounds) {
    return launch(loads_kernel, shape, nullptr, memory.data<const Words>(), count, rounds,
                  device_sums.data<uint32_t>());
  };
  if (CudaError error = run(1)) return error;
  if (CudaError error = device_sums.download(sums)) return error;
  uint32_t wanted = 0, found = 0;
  for (size_t i = 0; i + 3 < words.size(); i += 4)
    wanted += words[i] ^ words[i + 1] ^ words[i + 2] ^ words[i + 3];
  for (uint32_t each : sums) found += each;
  result.ok = wanted == found;
  return rate_of(run, measured.bytes, seconds, result.bytes_per_second);
}

}  // namespace

std::vector<CopyCase> copy_cases(bool small) {
  const int64_t cached = small ? int64_t{1} << 18 : int64_t{16} << 20;
  const int64_t beyond = small ? int64_t{1} << 20 : int64_t{1} << 30;
  std::vector<CopyCase> cases;
  for (int64_t bytes : {cached, beyond}) {
    for (int planes : {8, 24}) {
      // Whole rows, at least one.
      const int64_t row = int64_t{kWidth} * kPixelBytes * planes;
      cases.push_back({"boxes", std::max<int64_t>(1, bytes / row) * row, planes});
    }
    cases.push_back({"loads", bytes, 0});
  }
  return cases;
}

CudaError measure_copy(const CopyCase& measured, int multiprocessors, double seconds,
                       CopyResult& result) {
  return measured.name == "boxes" ? measure_boxes(measured, multiprocessors, seconds, result)
                                  : measure_loads(measured, multiprocessors, seconds, result);
}

}  // namespace fovea::cuda
