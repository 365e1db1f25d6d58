#include "tools/codecs/jpeg_coefficients.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string>

#include "tools/codecs/exif.h"
#include "tools/codecs/jpeg_input.h"
#include "tools/codecs/jpeg_segments.h"
#include "tools/codecs/jpeg_zigzag.h"
#include "tools/codecs/sniff.h"

namespace fovea::codecs {
namespace {

constexpr size_t kBlockSize = 64;
static_assert(sizeof(JBLOCK) == kBlockSize * sizeof(int16_t), "levels are copied as they lie");

std::optional<JpegColour> colour_of(const jpeg_decompress_struct& info) {
  switch (info.jpeg_color_space) {
    case JCS_GRAYSCALE:
      return JpegColour::kGray;
    case JCS_YCbCr:
      return JpegColour::kYcbcr;
    case JCS_RGB:
      return JpegColour::kRgb;
    default:
      return std::nullopt;
  }
}

// Sizes and room for the levels; what the scans tell comes later.
Result<std::vector<JpegComponent>> lay_out(const jpeg_decompress_struct& info) {
  std::vector<JpegComponent> components(static_cast<size_t>(info.num_components));
  for (size_t i = 0; i < components.size(); ++i) {
    const jpeg_component_info& from = info.comp_info[i];
    if (info.max_h_samp_factor % from.h_samp_factor != 0 ||
        info.max_v_samp_factor % from.v_samp_factor != 0) {
      return fail(ErrorCode::kPicture, "JPEG with samples for {} x {} of {} x {} pixels; {}",
                  from.h_samp_factor, from.v_samp_factor, info.max_h_samp_factor,
                  info.max_v_samp_factor, "convert it to PNG");
    }
    JpegComponent& to = components[i];
    to.cell_width = info.max_h_samp_factor / from.h_samp_factor;
    to.cell_height = info.max_v_samp_factor / from.v_samp_factor;
    to.blocks = {from.height_in_blocks, from.width_in_blocks};
    to.levels.resize(static_cast<size_t>(to.blocks.area()) * kBlockSize);
  }
  return components;
}

// Reads every scan, then copies: libjpeg's own arrays go with it. Called inside guarded().
void read_levels(JpegInput& jpeg, std::vector<JpegComponent>& components) {
  jpeg_decompress_struct& info = jpeg.info;
  jvirt_barray_ptr* const arrays = jpeg_read_coefficients(&info);
  jpeg.require_all_components();
  for (size_t i = 0; i < components.size(); ++i) {
    JpegComponent& component = components[i];
    int16_t* to = component.levels.data();
    const size_t row_levels = static_cast<size_t>(component.blocks.width) * kBlockSize;
    for (JDIMENSION y = 0; y < component.blocks.height; ++y, to += row_levels) {
      const JBLOCKARRAY row = info.mem->access_virt_barray(reinterpret_cast<j_common_ptr>(&info),
                                                           arrays[i], y, 1, FALSE);
      std::memcpy(to, row[0], row_levels * sizeof(JCOEF));
    }
  }
}

// The table that was in force when the component's first scan began, and which of its coefficients
// the scans have told to the last bit.
Status take_quantiser(const jpeg_decompress_struct& info, size_t index, JpegComponent& component) {
  const JQUANT_TBL* const table = info.comp_info[index].quant_table;
  if (table == nullptr) {
    return fail(ErrorCode::kPicture,
                "cut off JPEG: a whole colour component is missing; get the file again");
  }
  std::copy(std::begin(table->quantval), std::end(table->quantval), component.steps.begin());
  for (size_t i = 0; i < kBlockSize; ++i)
    component.known[kZigzag[i]] = info.coef_bits == nullptr || info.coef_bits[index][i] == 0;
  return {};
}

int orientation_of(Bytes bytes) {
  const JpegSegments segments = scan_jpeg(bytes);
  if (segments.exif.empty()) return 1;
  return read_orientation(segments.exif).value_or(1);  // as decode() takes a broken one
}

Result<std::optional<JpegCoefficients>> read(Bytes bytes, const Limits& limits) {
  JpegInput jpeg;
  FOVEA_TRY(jpeg.open(bytes, limits));
  const auto colour = colour_of(jpeg.info);
  if (!colour) return std::nullopt;
  JpegCoefficients read;
  read.size = {jpeg.info.image_height, jpeg.info.image_width};
  read.colour = *colour;
  read.orientation = orientation_of(bytes);
  FOVEA_ASSIGN_OR_RETURN(read.components, lay_out(jpeg.info));
  if (!jpeg.errors.guarded([&] { read_levels(jpeg, read.components); })) return jpeg.failure();
  for (size_t i = 0; i < read.components.size(); ++i)
    FOVEA_TRY(take_quantiser(jpeg.info, i, read.components[i]));
  return read;
}

}  // namespace

Result<std::optional<JpegCoefficients>> read_jpeg_coefficients(std::span<const std::byte> bytes,
                                                               std::string_view name,
                                                               const Limits& limits) try {
  if (bytes.size() > limits.max_file_bytes || sniff(bytes).format != Format::kJpeg)
    return std::nullopt;
  auto coefficients = read(bytes, limits);
  if (!coefficients) return fail_in(std::string(name), std::move(coefficients.error()));
  return coefficients;
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kMemory, "{}: no memory for its coefficients; free some", name);
}

}  // namespace fovea::codecs
