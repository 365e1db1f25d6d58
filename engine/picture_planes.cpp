#include "engine/picture_planes.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "engine/colour.h"

namespace fovea {
namespace {

// The alpha that all pixels share, if they do, in 0...1.
std::optional<float> constant_alpha(const Picture& picture) {
  if (!picture.has_alpha()) return std::nullopt;
  std::vector<float> row(static_cast<size_t>(picture.width()));
  picture.load_row(0, picture.channels() - 1, 1, row.data());
  const float first = row.front();
  for (int64_t y = 0; y < picture.height(); ++y) {
    picture.load_row(y, picture.channels() - 1, 1, row.data());
    // A NaN is no constant: it differs from itself.
    if (!std::all_of(row.begin(), row.end(), [first](float alpha) { return alpha == first; }))
      return std::nullopt;
  }
  return first;
}

void spread(std::vector<float>& one, int64_t count, int64_t channels, float* row) {
  for (int64_t x = 0; x < count; ++x)
    std::fill_n(row + x * channels, channels, one[static_cast<size_t>(x)]);
}

// Channel `channel` of the picture as `copies` equal channels.
RowReader read_spread(const Picture& picture, int channel, int64_t copies) {
  return [&picture, channel, copies](int64_t y, float* row) {
    std::vector<float> values(static_cast<size_t>(picture.width()));
    picture.load_row(y, channel, 1, values.data());
    spread(values, picture.width(), copies, row);
  };
}

SampleType sample_type(const Picture& picture) {
  if (picture.bit_depth() == 32) return SampleType::kF32;
  return picture.bit_depth() == 16 ? SampleType::kU16 : SampleType::kU8;
}

// `count` channels from `first` on of a picture's row as samples, from or to `row`.
template <class Bytes, class Copy>
void for_each_pixel(const Picture& picture, int first, int count, Bytes* row, Copy copy) {
  const int64_t sample = picture.bit_depth() / 8;
  const int64_t pixel = picture.channels() * sample;
  if (count == picture.channels()) {
    copy(0, row, picture.row_byte_count());
    return;
  }
  for (int64_t x = 0; x < picture.width(); ++x, row += count * sample)
    copy(x * pixel + first * sample, row, count * sample);
}

RowReader read_channels(const Picture& picture, int first, int count) {
  RowReader reader(
      [&picture, first, count](int64_t y, float* row) { picture.load_row(y, first, count, row); });
  reader.type = sample_type(picture);
  reader.samples = [&picture, first, count](int64_t y, uint8_t* row) {
    const uint8_t* const from = picture.row_bytes(y);
    for_each_pixel(picture, first, count, row, [from](int64_t at, uint8_t* to, int64_t bytes) {
      std::copy_n(from + at, bytes, to);
    });
  };
  return reader;
}

RowWriter write_channels(Picture& result, int first, int count) {
  RowWriter writer([&result, first, count](int64_t y, const float* row) {
    result.store_row(y, first, count, row);
  });
  writer.type = sample_type(result);
  writer.samples = [&result, first, count](int64_t y, const uint8_t* row) {
    uint8_t* const to = result.row_bytes(y);
    for_each_pixel(result, first, count, row, [to](int64_t at, const uint8_t* from, int64_t bytes) {
      std::copy_n(from, bytes, to + at);
    });
  };
  return writer;
}

// Luma of a colour picture.
RowReader read_luma(const Picture& picture, const YcbcrSpace& space) {
  return [&picture, &space](int64_t y, float* row) {
    std::vector<float> rgb(static_cast<size_t>(picture.width() * 3));
    picture.load_row(y, 0, 3, rgb.data());
    space.luma(rgb.data(), picture.width(), row);
  };
}

RowReader read_chroma(const Picture& picture, const YcbcrSpace& space) {
  return [&picture, &space](int64_t y, float* row) {
    std::vector<float> rgb(static_cast<size_t>(picture.width() * 3));
    picture.load_row(y, 0, 3, rgb.data());
    space.chroma(rgb.data(), picture.width(), row);
  };
}

// All four channels, gray spread over RGB, alpha 1 where there is none.
RowReader read_rgba(const Picture& picture) {
  if (picture.channels() == 4) return read_channels(picture, 0, 4);
  return [&picture](int64_t y, float* row) {
    std::vector<float> values(static_cast<size_t>(picture.width() * picture.channels()));
    picture.load_row(y, 0, picture.channels(), values.data());
    const float* from = values.data();
    for (int64_t x = 0; x < picture.width(); ++x, from += picture.channels(), row += 4) {
      for (int c = 0; c < 3; ++c) row[c] = from[picture.colour_channels() == 3 ? c : 0];
      row[3] = picture.has_alpha() ? from[picture.channels() - 1] : 1.0f;
    }
  };
}

// `stride` channels a pixel come in; the first three go to the result's colour: as they are, or as
// their luma.
RowWriter write_rgb(Picture& result, int64_t stride) {
  if (stride == 3 && result.colour_channels() == 3) return write_channels(result, 0, 3);
  return [&result, stride](int64_t y, const float* row) {
    std::vector<float> rgb(static_cast<size_t>(result.width() * 3));
    for (int64_t x = 0; x < result.width(); ++x)
      std::copy_n(row + x * stride, 3, rgb.data() + x * 3);
    if (result.colour_channels() == 3) {
      result.store_row(y, 0, 3, rgb.data());
      return;
    }
    std::vector<float> gray(static_cast<size_t>(result.width()));
    YcbcrSpace::full().luma(rgb.data(), result.width(), gray.data());
    result.store_row(y, 0, 1, gray.data());
  };
}

// Channel `channel` of the result from the luma of three.
RowWriter write_luma_of_rgb(Picture& result, int channel) {
  return [&result, channel](int64_t y, const float* row) {
    std::vector<float> values(static_cast<size_t>(result.width()));
    YcbcrSpace::full().luma(row, result.width(), values.data());
    result.store_row(y, channel, 1, values.data());
  };
}

RowWriter write_rgba(Picture& result) {
  if (result.channels() == 4) return write_channels(result, 0, 4);
  return [&result, colour = write_rgb(result, 4)](int64_t y, const float* row) {
    colour.values(y, row);
    if (!result.has_alpha()) return;
    std::vector<float> alpha(static_cast<size_t>(result.width()));
    for (int64_t x = 0; x < result.width(); ++x) alpha[static_cast<size_t>(x)] = row[x * 4 + 3];
    result.store_row(y, result.channels() - 1, 1, alpha.data());
  };
}

// Luma first, into a plane of its own; then chroma, joined with it row by row.
void add_luma_and_chroma(const Picture& picture, Picture& result, const YcbcrSpace& space,
                         std::vector<PlaneJob>& jobs) {
  const auto plane =
      std::make_shared<std::vector<float>>(static_cast<size_t>(result.size().area()));
  const int64_t width = result.width();
  jobs.push_back({read_luma(picture, space), [plane, width](int64_t y, const float* row) {
                    std::copy_n(row, width, plane->data() + y * width);
                  }});
  jobs.push_back({read_chroma(picture, space),
                  [plane, width, &result, &space](int64_t y, const float* row) {
                    std::vector<float> rgb(static_cast<size_t>(width * 3));
                    space.to_rgb(plane->data() + y * width, row, width, rgb.data());
                    result.store_row(y, 0, 3, rgb.data());
                  },
                  true});
}

}  // namespace

int output_channels(ColourMode mode, const Picture& picture) {
  if (mode == ColourMode::kGrayToRgb) return picture.has_alpha() ? 4 : 3;
  return picture.channels();
}

SampleType picture_row_type(ColourMode mode, const Picture& picture) {
  const bool is_colour = picture.colour_channels() == 3;
  const bool is_direct = mode == ColourMode::kRgb    ? is_colour
                         : mode == ColourMode::kRgba ? picture.channels() == 4
                                                     : !is_colour;
  return is_direct ? sample_type(picture) : SampleType::kF32;
}

std::vector<PlaneJob> plane_jobs(ColourMode mode, const Picture& picture, Picture& result) {
  if (mode == ColourMode::kRgba) return {{read_rgba(picture), write_rgba(result)}};

  std::vector<PlaneJob> jobs;
  const bool colour = picture.colour_channels() == 3;
  const YcbcrSpace& space = mode == ColourMode::kLuma ? YcbcrSpace::studio() : YcbcrSpace::full();
  if (mode == ColourMode::kRgb) {
    jobs.push_back(
        {colour ? read_channels(picture, 0, 3) : read_spread(picture, 0, 3), write_rgb(result, 3)});
  } else if (mode == ColourMode::kGrayToRgb) {
    jobs.push_back(
        {colour ? read_luma(picture, space) : read_channels(picture, 0, 1), write_rgb(result, 3)});
  } else if (colour) {
    add_luma_and_chroma(picture, result, space, jobs);
  } else {
    jobs.push_back({read_channels(picture, 0, 1), write_channels(result, 0, 1)});
  }

  if (picture.has_alpha() && !constant_alpha(picture)) {
    const int from = picture.channels() - 1;
    const int to = result.channels() - 1;
    const bool out_rgb = mode == ColourMode::kRgb || mode == ColourMode::kGrayToRgb;
    jobs.push_back({read_spread(picture, from, mode == ColourMode::kRgb ? 3 : 1),
                    out_rgb ? write_luma_of_rgb(result, to) : write_channels(result, to, 1)});
  }
  return jobs;
}

void fill_constant_alpha(const Picture& picture, Picture& result) {
  const auto alpha = constant_alpha(picture);
  if (!alpha) return;
  const std::vector<float> row(static_cast<size_t>(result.width()), *alpha);
  for (int64_t y = 0; y < result.height(); ++y)
    result.store_row(y, result.channels() - 1, 1, row.data());
}

}  // namespace fovea
