#include "tests/emulation/map_buffer.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "kernels/cuda/runtime.h"
#include "tests/emulation/emulated_device.h"

namespace fovea::test {
namespace {

using cuda::ElementType;

constexpr int64_t kGuardPixels = 16;
constexpr uint8_t kPoison = 0xff;
constexpr size_t kAlignment = 128;  // what device_map.h promises

uint32_t to_bits(ElementType type, float value) {
  switch (type) {
    case ElementType::kF16:
      return emulation::float_to_half(value);
    case ElementType::kBf16:
      return emulation::float_to_bfloat16(value);
    case ElementType::kF32:
      break;
  }
  return std::bit_cast<uint32_t>(value);
}

float from_bits(ElementType type, uint32_t bits) {
  switch (type) {
    case ElementType::kF16:
      return emulation::half_to_float(static_cast<uint16_t>(bits));
    case ElementType::kBf16:
      return emulation::bfloat16_to_float(static_cast<uint16_t>(bits));
    case ElementType::kF32:
      break;
  }
  return std::bit_cast<float>(bits);
}

}  // namespace

float rounded_to(ElementType type, float value) { return from_bits(type, to_bits(type, value)); }

Tensor rounded_to(ElementType type, const Tensor& map) {
  Tensor rounded = map;
  for (float& value : rounded.values()) value = rounded_to(type, value);
  return rounded;
}

double rounding_unit(ElementType type) {
  switch (type) {
    case ElementType::kF16:
      return 0x1p-11;
    case ElementType::kBf16:
      return 0x1p-8;
    case ElementType::kF32:
      break;
  }
  return 0x1p-24;
}

double rounding_error(ElementType type, double value) {
  // Below its least normal number f16 is spaced by 2^-24; the others' is out of sight.
  const double least = type == ElementType::kF16 ? 0x1p-25 : 0x1p-126;
  return std::max(rounding_unit(type) * std::abs(value), least);
}

const char* type_name(ElementType type) {
  switch (type) {
    case ElementType::kF16:
      return "f16";
    case ElementType::kBf16:
      return "bf16";
    case ElementType::kF32:
      break;
  }
  return "f32";
}

void MapBuffer::Deallocate::operator()(uint8_t* memory) const { cuda::deallocate(memory); }

MapBuffer::MapBuffer(ElementType type, Size size, int64_t channels, int64_t ring_rows) {
  map_.type = type;
  map_.height = size.height;
  map_.width = size.width;
  map_.channels = channels;
  map_.ring_rows = ring_rows == 0 ? size.height : ring_rows;
  map_.row_stride = size.width + 3;
  map_.plane_stride = (map_.ring_rows + 1) * map_.row_stride;  // a multiple: device_map.h
  const int64_t pixels = map_.planes() * map_.plane_stride + 2 * kGuardPixels;
  size_ = static_cast<size_t>(pixels * map_.pixel_bytes()) + kAlignment;
  void* memory = nullptr;
  EXPECT_EQ(cuda::allocate(static_cast<int64_t>(size_), memory), 0);
  bytes_.reset(static_cast<uint8_t*>(memory));
  std::fill_n(bytes_.get(), size_, kPoison);
  const auto behind_guard = static_cast<size_t>(kGuardPixels * map_.pixel_bytes());
  const auto address = reinterpret_cast<uintptr_t>(bytes_.get()) + behind_guard;
  start_ = behind_guard + (kAlignment - address % kAlignment) % kAlignment;
  map_.data = bytes_.get() + start_;
}

size_t MapBuffer::offset(int64_t y, int64_t x, int64_t c) const {
  const int64_t pixel =
      c / cuda::kPlaneChannels * map_.plane_stride + y % map_.ring_rows * map_.row_stride + x;
  const int64_t element = pixel * cuda::kPlaneChannels + c % cuda::kPlaneChannels;
  return start_ + static_cast<size_t>(element * cuda::element_bytes(map_.type));
}

uint32_t MapBuffer::bits(size_t at) const {
  uint32_t bits = 0;  // the machine is little-endian, as a GPU is
  std::memcpy(&bits, bytes_.get() + at, static_cast<size_t>(cuda::element_bytes(map_.type)));
  return bits;
}

void MapBuffer::write(const Tensor& values, RowRange rows, float padding) {
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < map_.width; ++x) {
      for (int64_t c = 0; c < map_.planes() * cuda::kPlaneChannels; ++c) {
        const float value = c < map_.channels ? values.view().at(y, x)[c] : padding;
        const uint32_t bits = to_bits(map_.type, value);
        std::memcpy(bytes_.get() + offset(y, x, c), &bits,
                    static_cast<size_t>(cuda::element_bytes(map_.type)));
      }
    }
  }
}

float MapBuffer::value(int64_t y, int64_t x, int64_t c) const {
  return from_bits(map_.type, bits(offset(y, x, c)));
}

Tensor MapBuffer::read(RowRange rows) const {
  Tensor values({map_.height, map_.width}, map_.channels);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < map_.width; ++x) {
      for (int64_t c = 0; c < map_.channels; ++c) values.view().at(y, x)[c] = value(y, x, c);
    }
  }
  return values;
}

::testing::AssertionResult MapBuffer::is_written_only_in(RowRange rows) const {
  std::vector<uint8_t> left(bytes_.get(), bytes_.get() + size_);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    for (int64_t x = 0; x < map_.width; ++x) {
      for (int64_t c = 0; c < map_.planes() * cuda::kPlaneChannels; ++c) {
        const size_t at = offset(y, x, c);
        if (c >= map_.channels && bits(at) != 0) {
          return ::testing::AssertionFailure() << "channel " << c << " of " << map_.channels
                                               << " is not zero at (" << y << ", " << x << ")";
        }
        std::fill_n(left.begin() + static_cast<std::ptrdiff_t>(at), cuda::element_bytes(map_.type),
                    kPoison);
      }
    }
  }
  const auto touched =
      std::find_if(left.begin(), left.end(), [](uint8_t b) { return b != kPoison; });
  if (touched == left.end()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "byte " << touched - left.begin() - static_cast<std::ptrdiff_t>(start_)
         << " from the map's start, outside rows " << rows.begin << " to " << rows.end
         << ", was written";
}

}  // namespace fovea::test
