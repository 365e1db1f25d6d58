#include "tests/jpeg_files.h"

#include <cstdlib>

namespace fovea::codecs {

File write_with_libjpeg(Size size, int components, J_COLOR_SPACE space,
                        const std::vector<uint8_t>& samples,
                        const std::function<void(jpeg_compress_struct&)>& configure) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  errors.emit_message = [](j_common_ptr, int) {};  // it warns of coarse tables
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long length = 0;
  jpeg_mem_dest(&info, &buffer, &length);
  info.image_width = static_cast<JDIMENSION>(size.width);
  info.image_height = static_cast<JDIMENSION>(size.height);
  info.input_components = components;
  info.in_color_space = space;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 95, TRUE);
  configure(info);
  jpeg_start_compress(&info, TRUE);
  std::vector<uint8_t> row(static_cast<size_t>(size.width * components));
  while (info.next_scanline < info.image_height) {
    const auto begin =
        samples.begin() + static_cast<std::ptrdiff_t>(info.next_scanline * row.size());
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(row.size()), row.begin());
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  const auto* bytes = reinterpret_cast<const std::byte*>(buffer);
  File file(bytes, bytes + length);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return file;
}

std::vector<uint8_t> samples_of(const Picture& picture) {
  return {picture.row_bytes(0), picture.row_bytes(0) + picture.row_byte_count() * picture.height()};
}

}  // namespace fovea::codecs
