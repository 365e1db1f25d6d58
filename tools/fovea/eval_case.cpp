#include "tools/fovea/eval_case.h"

#include <utility>

#include "tools/codecs/codec.h"
#include "tools/evaluation/matlab_resize.h"
#include "tools/fovea/picture_reader.h"

namespace fovea::cli {
namespace {

Status check_pair(const TestPicture& picture, const Picture& truth, const Picture& small,
                  int64_t scale) {
  if (small.width() * scale == truth.width() && small.height() * scale == truth.height()) return {};
  return fail(ErrorCode::kPicture,
              "{}: has {}x{} pixels, {} {}x{}: not {} times as many a side; give their scale "
              "with -s",
              picture.small, small.width(), small.height(), picture.truth, truth.width(),
              truth.height(), scale);
}

// The small picture before noise and JPEG.
Result<Picture> shrunk(const Picture& truth, const Preparation& how) {
  const auto& blur = how.degradation.blur;
  FOVEA_ASSIGN_OR_RETURN(const Picture large,
                         blur ? evaluation::blurred(truth, *blur) : truth.copy());
  if (how.scale == 1) return large.copy();
  return evaluation::matlab_resize(large, {large.height() / how.scale, large.width() / how.scale});
}

// Noise and JPEG.
Status spoil(EvalCase& made, const evaluation::Degradation& how) {
  if (how.noise) {
    FOVEA_ASSIGN_OR_RETURN(made.small,
                           evaluation::with_noise(made.small, *how.noise, how.seed, made.name));
  }
  if (how.jpeg) {
    FOVEA_ASSIGN_OR_RETURN(auto saved, evaluation::through_jpeg(made.small, *how.jpeg));
    made.small = std::move(saved.picture);
    made.jpeg = std::move(saved.file);
  }
  return {};
}

}  // namespace

Result<Picture> read_plain(const std::string& path, std::vector<FileWarning>& warnings) {
  PictureReader reader;
  FOVEA_ASSIGN_OR_RETURN(ReadPicture read, reader.read(path));
  codecs::Decoded& decoded = read.decoded;
  std::vector<std::string> told = std::move(decoded.warnings);
  FOVEA_ASSIGN_OR_RETURN(Picture plain, codecs::fit_to_format(std::move(decoded.picture),
                                                              codecs::Format::kJpeg, told));
  for (std::string& line : told) warnings.push_back({path, std::move(line)});
  return plain;
}

Result<EvalCase> make_case(const TestPicture& picture, const Preparation& how) {
  EvalCase made{picture.name, {}, {}, {}, {}, {}};
  FOVEA_ASSIGN_OR_RETURN(made.truth, read_plain(picture.truth, made.warnings));
  if (picture.small.empty() || how.shrink_all || how.degradation.blur) {
    auto cropped = evaluation::cropped_to_multiple(made.truth, how.scale);
    if (!cropped) return fail_in(picture.truth, std::move(cropped.error()));
    made.truth = std::move(*cropped);
    FOVEA_ASSIGN_OR_RETURN(made.small, shrunk(made.truth, how));
  } else {
    FOVEA_ASSIGN_OR_RETURN(made.small, read_plain(picture.small, made.warnings));
    FOVEA_TRY(check_pair(picture, made.truth, made.small, how.scale));
  }
  if (!how.degradation.spoils()) {
    made.small_luma = evaluation::matlab_shrink(
        evaluation::as_uint8(evaluation::luma_plane(made.truth)), how.scale);
    return made;
  }
  FOVEA_TRY(spoil(made, how.degradation));
  made.small_luma = evaluation::luma_plane(made.small);
  return made;
}

}  // namespace fovea::cli
