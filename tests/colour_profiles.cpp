#include "tests/colour_profiles.h"

#include <lcms2.h>

#include <cmath>

namespace fovea::codecs {
namespace {

File saved(cmsHPROFILE profile) {
  cmsUInt32Number bytes = 0;
  cmsSaveProfileToMem(profile, nullptr, &bytes);
  File file(bytes);
  cmsSaveProfileToMem(profile, file.data(), &bytes);
  cmsCloseProfile(profile);
  return file;
}

cmsInt32Number neutral_by_cyan_and_black(const cmsUInt16Number* ink, cmsUInt16Number* out, void*) {
  const double cyan = ink[0] / 65535.0, black = ink[3] / 65535.0;
  const cmsCIELab lab{100 * (1 - black) * (1 - cyan / 2), 0, 0};
  cmsFloat2LabEncoded(out, &lab);
  return TRUE;
}

}  // namespace

File rgb_profile_of(size_t bytes) {
  File profile(bytes);
  for (size_t i = 0; i < bytes; ++i) profile[i] = static_cast<std::byte>(i * 31 + i / 251);
  const File space = bytes_of("RGB "), signature = bytes_of("acsp");
  std::copy(space.begin(), space.end(), profile.begin() + 16);
  std::copy(signature.begin(), signature.end(), profile.begin() + 36);
  return profile;
}

File gray_profile(double gamma) {
  cmsToneCurve* curve = cmsBuildGamma(nullptr, gamma);
  cmsHPROFILE profile = cmsCreateGrayProfile(cmsD50_xyY(), curve);
  cmsFreeToneCurve(curve);
  return saved(profile);
}

File odd_cmyk_profile() {
  cmsHPROFILE profile = cmsCreateProfilePlaceholder(nullptr);
  cmsSetProfileVersion(profile, 2.4);
  cmsSetDeviceClass(profile, cmsSigOutputClass);
  cmsSetColorSpace(profile, cmsSigCmykData);
  cmsSetPCS(profile, cmsSigLabData);
  cmsPipeline* pipeline = cmsPipelineAlloc(nullptr, 4, 3);
  constexpr cmsUInt32Number kGrid = 9;
  cmsStage* table = cmsStageAllocCLut16bit(nullptr, kGrid, 4, 3, nullptr);
  cmsStageSampleCLut16bit(table, neutral_by_cyan_and_black, nullptr, 0);
  cmsPipelineInsertStage(pipeline, cmsAT_BEGIN, table);
  cmsWriteTag(profile, cmsSigAToB0Tag, pipeline);
  cmsPipelineFree(pipeline);
  return saved(profile);
}

double srgb_of_lightness(double lightness) {
  const double f = (lightness + 16) / 116;
  const double linear = f > 6.0 / 29 ? f * f * f : 3 * (6.0 / 29) * (6.0 / 29) * (f - 4.0 / 29);
  const double encoded =
      linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
  return 255 * encoded;
}

}  // namespace fovea::codecs
