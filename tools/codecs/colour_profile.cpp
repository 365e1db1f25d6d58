#include "tools/codecs/colour_profile.h"

#include <lcms2.h>

#include <utility>
#include <vector>

namespace fovea::codecs {
namespace {

constexpr size_t kHeaderBytes = 128;
constexpr size_t kSpaceOffset = 16;
constexpr size_t kSignatureOffset = 36;

uint32_t signature_at(std::span<const std::byte> bytes, size_t offset) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | std::to_integer<uint32_t>(bytes[offset + i]);
  return value;
}

using Context = std::unique_ptr<std::remove_pointer_t<cmsContext>, decltype(&cmsDeleteContext)>;

struct CloseProfile {
  void operator()(void* profile) const { cmsCloseProfile(profile); }
};
using Profile = std::unique_ptr<void, CloseProfile>;

}  // namespace

struct ToSrgb::Transform {
  // Its own, so that neither messages nor settings are shared with anyone.
  Context context{cmsCreateContext(nullptr, nullptr), &cmsDeleteContext};
  cmsHTRANSFORM handle = nullptr;

  Transform() = default;
  Transform(const Transform&) = delete;
  Transform& operator=(const Transform&) = delete;
  ~Transform() {
    if (handle) cmsDeleteTransform(handle);
  }
};

ProfileSpace profile_space(std::span<const std::byte> profile) {
  if (profile.size() < kHeaderBytes || signature_at(profile, kSignatureOffset) != cmsMagicNumber)
    return ProfileSpace::kOther;
  switch (signature_at(profile, kSpaceOffset)) {
    case cmsSigGrayData:
      return ProfileSpace::kGray;
    case cmsSigRgbData:
      return ProfileSpace::kRgb;
    case cmsSigCmykData:
      return ProfileSpace::kCmyk;
    default:
      return ProfileSpace::kOther;
  }
}

Result<ToSrgb> ToSrgb::open(std::span<const std::byte> profile, bool holds_light) {
  const ProfileSpace space = profile_space(profile);
  if (space != ProfileSpace::kGray && space != ProfileSpace::kCmyk)
    return fail(ErrorCode::kPicture, "its colour profile is not for its colours");
  auto transform = std::make_shared<Transform>();
  if (!transform->context) return fail(ErrorCode::kMemory, "no memory for its colour profile");
  cmsContext context = transform->context.get();
  const Profile from(cmsOpenProfileFromMemTHR(context, profile.data(),
                                              static_cast<cmsUInt32Number>(profile.size())));
  const Profile to(cmsCreate_sRGBProfileTHR(context));
  if (from && to) {
    const cmsUInt32Number samples = space == ProfileSpace::kGray ? TYPE_GRAY_8
                                    : holds_light                ? TYPE_CMYK_8_REV
                                                                 : TYPE_CMYK_8;
    transform->handle =
        cmsCreateTransformTHR(context, from.get(), samples, to.get(), TYPE_RGB_8,
                              INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_BLACKPOINTCOMPENSATION);
  }
  if (!transform->handle) return fail(ErrorCode::kPicture, "its colour profile is broken");
  return ToSrgb(std::move(transform));
}

void ToSrgb::convert(const uint8_t* from, uint8_t* rgb, int64_t count) const {
  cmsDoTransform(transform_->handle, from, rgb, static_cast<cmsUInt32Number>(count));
}

Result<Picture> gray_to_srgb(const Picture& gray, std::span<const std::byte> profile) {
  FOVEA_ASSIGN_OR_RETURN(const ToSrgb to_srgb, ToSrgb::open(profile, false));
  const int channels = gray.has_alpha() ? 4 : 3;
  FOVEA_ASSIGN_OR_RETURN(Picture rgb, Picture::create(gray.size(), channels, 8));
  std::vector<uint8_t> levels(static_cast<size_t>(gray.width()));
  std::vector<uint8_t> colours(3 * levels.size());
  for (int64_t y = 0; y < gray.height(); ++y) {
    for (size_t x = 0; x < levels.size(); ++x)
      levels[x] = static_cast<uint8_t>(gray.sample(y, static_cast<int64_t>(x), 0));
    to_srgb.convert(levels.data(), colours.data(), gray.width());
    for (int64_t x = 0; x < gray.width(); ++x) {
      for (int c = 0; c < 3; ++c) rgb.set_sample(y, x, c, colours[static_cast<size_t>(3 * x + c)]);
      if (channels == 4) rgb.set_sample(y, x, 3, gray.sample(y, x, 1));
    }
  }
  return rgb;
}

}  // namespace fovea::codecs
