#include "tools/evaluation/figures.h"

#include <limits>

#include "tools/evaluation/matlab_resize.h"
#include "tools/evaluation/metrics.h"

namespace fovea::evaluation {
namespace {

// `picture` as it is, or three times its gray where the other one has colour.
Result<Picture> as_colourful(const Picture& picture, const Picture& other) {
  if (picture.colour_channels() >= other.colour_channels()) return picture.copy();
  FOVEA_ASSIGN_OR_RETURN(Picture colour, Picture::create(picture.size(), 3, picture.bit_depth()));
  for (int64_t y = 0; y < picture.height(); ++y) {
    for (int64_t x = 0; x < picture.width(); ++x) {
      for (int c = 0; c < 3; ++c) colour.set_sample(y, x, c, picture.sample(y, x, 0));
    }
  }
  return colour;
}

Result<double> shrunk_psnr(const Picture& result, const Picture& small) {
  FOVEA_ASSIGN_OR_RETURN(const Picture shrunk, matlab_resize(result, small.size()));
  FOVEA_ASSIGN_OR_RETURN(const Picture expected, as_colourful(small, shrunk));
  FOVEA_ASSIGN_OR_RETURN(const Picture actual, as_colourful(shrunk, small));
  return rgb_psnr(expected, actual, 0);
}

}  // namespace

Result<Figures> judge(const Judged& judged) {
  if (judged.truth.size() != judged.result.size())
    return fail(ErrorCode::kPicture, "the result has {}x{} pixels, the truth {}x{}",
                judged.result.width(), judged.result.height(), judged.truth.width(),
                judged.truth.height());
  FOVEA_ASSIGN_OR_RETURN(const Picture truth, as_colourful(judged.truth, judged.result));
  FOVEA_ASSIGN_OR_RETURN(const Picture result, as_colourful(judged.result, judged.truth));
  const int64_t border = judged.border;
  const Plane truth_luma = luma_plane(truth);
  const Plane luma = luma_plane(result);
  Figures figures;
  figures.psnr_c = psnr(truth_luma, luma, border);
  figures.ssim_c = ssim(truth_luma, luma, border);
  figures.psnr_rgb = rgb_psnr(truth, result, border);
  figures.spectrum = spectrum_difference(truth_luma, luma, border);
  FOVEA_ASSIGN_OR_RETURN(figures.psnr_small, shrunk_psnr(judged.result, judged.small));
  figures.ms_per_megapixel = std::numeric_limits<double>::quiet_NaN();
  judge_luma(truth, luma, border, figures);
  return figures;
}

void judge_luma(const Picture& truth, const Plane& luma, int64_t border, Figures& figures) {
  const Plane expected = as_uint8(luma_plane(truth));
  const Plane actual = as_uint8(luma);
  figures.psnr_a = psnr(expected, actual, border);
  figures.ssim_a = ssim(expected, actual, border);
}

}  // namespace fovea::evaluation
