// mbarriers and the bulk copy engine.

#include "tests/wrappers/case_lists.h"
#include "tests/wrappers/device_array.h"
#include "tests/wrappers/wrapper_kernels.h"

namespace fovea::cuda {
namespace {

std::string mbarrier_ring() {
  for (const int rounds : {1, 2, 3, 50}) {
    DeviceArray<uint32_t> sums(96);
    uint32_t sum = 0;
    for (uint32_t round = 0; round < static_cast<uint32_t>(rounds); round++) {
      sum += round * round + 1;
    }
    const std::string text = verdict(launch_mbarrier_ring(rounds, sums.data(), nullptr), sums,
                                     std::vector<uint32_t>(96, sum), "sums");
    if (!text.empty()) return text_of(rounds, " rounds: ", text);
  }
  return "";
}

std::string tensor_load() {
  // A map of 5 planes x 4 slots x 20 pixels in a larger buffer, with marks between.
  constexpr int64_t kWidth = 20;
  constexpr int64_t kRowStride = 23;
  constexpr int64_t kSlots = 4;
  constexpr int64_t kPlaneStride = kRowStride * 6;
  constexpr int64_t kPlanes = 5;
  std::vector<uint32_t> words(static_cast<size_t>(kPlaneStride * kPlanes * 4));
  for (size_t i = 0; i < words.size(); i++) words[i] = static_cast<uint32_t>(1 + i);
  DeviceArray<uint32_t> buffer(words);
  DeviceMap map;
  map.data = buffer.data();
  map.height = map.ring_rows = kSlots;
  map.width = kWidth;
  map.channels = 8 * kPlanes;
  map.row_stride = kRowStride;
  map.plane_stride = kPlaneStride;
  TensorMap encoded;
  if (const CudaError error = encode_row_boxes(map, kBoxPixels, kBoxPlanes, encoded)) {
    return "encode_row_boxes: " + failed(error);
  }
  for (const int column : {-13, -12, -1, 0, 3, 9, 19, 20, 100000}) {
    for (const int slot : {-1, 0, 3, 4}) {
      for (const int plane : {-4, -1, 0, 3, 4, 5}) {
        std::vector<uint32_t> expected;
        for (int64_t p = plane; p < plane + kBoxPlanes; p++) {
          for (int64_t x = column; x < column + kBoxPixels; x++) {
            const bool inside =
                p >= 0 && p < kPlanes && slot >= 0 && slot < kSlots && x >= 0 && x < kWidth;
            for (int64_t i = 0; i < 4; i++) {
              const int64_t at = 4 * (p * kPlaneStride + slot * kRowStride + x) + i;
              expected.push_back(inside ? words[static_cast<size_t>(at)] : 0);
            }
          }
        }
        DeviceArray<uint32_t> out(expected.size());
        const CudaError error =
            launch_tensor_load(encoded, column, slot, plane, out.data(), nullptr);
        const std::string text = verdict(error, out, expected, "box");
        if (!text.empty()) {
          return text_of("column ", column, ", slot ", slot, ", plane ", plane, ": ", text);
        }
      }
    }
  }
  return "";
}

std::string tensor_map_refusals() {
  alignas(256) static uint8_t somewhere[1024];
  DeviceMap map;
  map.data = somewhere;
  map.height = map.ring_rows = 2;
  map.width = 8;
  map.channels = 8;
  map.row_stride = 8;
  map.plane_stride = 16;
  TensorMap encoded;
  if (encode_row_boxes(map, 8, 1, encoded) != 0) return "a sound map is refused";
  if (encode_row_boxes(map, 129, 1, encoded) == 0) return "a box of 258 elements is taken";
  if (encode_row_boxes(map, 8, 257, encoded) == 0) return "a box of 257 planes is taken";
  if (encode_row_boxes(map, 0, 1, encoded) == 0) return "a box of nothing is taken";
  DeviceMap shifted = map;
  shifted.data = somewhere + 8;
  if (encode_row_boxes(shifted, 8, 1, encoded) == 0) return "a map off 16 bytes is taken";
  DeviceMap wide = map;
  wide.type = ElementType::kF32;
  if (encode_row_boxes(wide, 8, 1, encoded) == 0) return "a map of f32 is taken";
  return "";
}

std::string bulk_load() {
  for (const uint32_t bytes : {32u, 48u, 4096u, 32768u}) {
    std::vector<uint8_t> values(bytes);
    for (size_t i = 0; i < bytes; i++) values[i] = static_cast<uint8_t>(i * 7 + i / 256);
    DeviceArray<uint8_t> in(values);
    DeviceArray<uint8_t> out(bytes);
    const std::string text =
        verdict(launch_bulk_load(in.data(), out.data(), bytes, nullptr), out, values, "bytes");
    if (!text.empty()) return text_of(bytes, " bytes: ", text);
  }
  return "";
}

}  // namespace

void add_bulk_cases(std::vector<WrapperCase>& cases) {
  cases.push_back({"mbarrier_ring", 90, false, mbarrier_ring});
  cases.push_back({"tensor_load", 90, false, tensor_load});
  cases.push_back({"tensor_map_refusals", 90, false, tensor_map_refusals});
  cases.push_back({"bulk_load", 90, false, bulk_load});
}

}  // namespace fovea::cuda
