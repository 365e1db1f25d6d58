// upscale MODEL SCALE IN.ppm OUT.ppm: enlarges a picture of 8 bits and three colours (P6).
#include <fovea.hpp>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

int main(int count, char** words) try {
  const std::vector<std::string> names(words, words + count);
  std::ifstream in(count == 5 ? names[3] : "", std::ios::binary);
  std::string kind;
  int largest = 0;
  fovea_shape small{0, 0, 3, FOVEA_U8};
  in >> kind >> small.width >> small.height >> largest;
  in.get();
  if (!in || kind != "P6" || largest != 255) {
    std::cerr << "usage: upscale MODEL SCALE IN.ppm OUT.ppm\n";
    return FOVEA_ERROR_USAGE;
  }
  std::vector<char> pixels(static_cast<std::size_t>(small.width * 3 * small.height));
  in.read(pixels.data(), static_cast<std::streamsize>(pixels.size()));

  fovea_model_options model_options = fovea::model_options();
  fovea_upscaler_options options = fovea::upscaler_options();
  model_options.scale = options.scale = std::stod(names[2]);
  fovea::Upscaler upscaler(fovea::Model(names[1], model_options), options);
  const fovea::Pixels large = upscaler.upscale(small, pixels.data(), [](double done) {
    std::cerr << "\r" << static_cast<int>(100 * done) << "%";
    return true;  // false cancels
  });

  std::ofstream out(names[4], std::ios::binary);
  out << "P6\n" << large.shape.width << " " << large.shape.height << "\n255\n";
  out.write(reinterpret_cast<const char*>(large.bytes.data()),
            static_cast<std::streamsize>(large.bytes.size()));
  return out.flush() ? FOVEA_OK : FOVEA_ERROR_OUTPUT;
} catch (const fovea::Error& error) {
  std::cerr << error.what() << "\n";
  return error.code();
}
