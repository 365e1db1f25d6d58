// All that is said of one result: how near it is to the truth, and to what it was made from.
#pragma once

#include <array>

#include "tools/evaluation/plane.h"
#include "tools/evaluation/spectrum.h"

namespace fovea::evaluation {

/// Of one picture, or means over several. NaN is what could not be said: of a picture smaller than
/// the window of SSIM, of a time that nobody measured.
struct Figures {
  double psnr_a = 0;    ///< dB, of luma by the conventions of the tables since SRCNN: both rounded
  double ssim_a = 0;    ///< of the same
  double psnr_c = 0;    ///< dB, by those of the tables since EDSR: luma not rounded
  double ssim_c = 0;    ///< of the same
  double psnr_rgb = 0;  ///< dB, of the three channels together
  /// dB, of power in each octave of luma's spectrum against the truth's, the finest first.
  std::array<double, kOctaves> spectrum{};
  double psnr_small = 0;        ///< dB, of the result shrunk again against what it was made from
  double ms_per_megapixel = 0;  ///< of the result, in the engine alone
};

/// One result and what it is held against. All have 8 bits.
struct Judged {
  const Picture& truth;
  const Picture& result;  ///< of the same size
  const Picture& small;   ///< what the result was made from
  int64_t border;         ///< pixels on each side that do not count
};

/// All but the time. Where one of two pictures is gray and the other colour, the gray one stands
/// for three equal channels.
Result<Figures> judge(const Judged& judged);

/// psnr_a and ssim_a anew, from the luma of a result that was made from luma alone.
void judge_luma(const Picture& truth, const Plane& luma, int64_t border, Figures& figures);

}  // namespace fovea::evaluation
