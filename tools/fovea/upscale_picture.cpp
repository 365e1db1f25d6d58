#include "tools/fovea/upscale_picture.h"

#include <fmt/format.h>

#include <utility>

#include "engine/fading.h"
#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

// The decoder may take seconds and knows nothing of signals, so they are asked after between the
// steps.
Status go_on(const Job& job) {
  if (interrupted() == 0) return {};
  return fail(ErrorCode::kCancelled, "{}: stopped by a signal", job.input);
}

}  // namespace

Result<std::optional<Enlarged>> upscale_picture(const PictureTask& task, Console& console,
                                                const std::function<void(Size)>& on_start,
                                                const Progress& progress, PictureReport& report) {
  const Job& job = task.job;
  for (const std::string& note : job.notes) console.note(job.input, note);
  if (job.error) return tl::unexpected(*job.error);
  FOVEA_ASSIGN_OR_RETURN(ReadPicture read, task.reader.read(job.input));
  codecs::Decoded& decoded = read.decoded;
  for (const std::string& warning : decoded.warnings)
    FOVEA_TRY(console.warn(ErrorCode::kPicture, job.input, warning));
  if (job.output.empty()) {
    return fail(ErrorCode::kPicture, "{}: changed while it was read; try again", job.input);
  }
  FOVEA_TRY(go_on(job));

  const Picture& picture = decoded.picture;
  report.input_size = picture.size();
  const auto scale = task.shelf.scale_for(picture.size());
  if (!scale) return fail_in(job.input, scale.error());
  FOVEA_ASSIGN_OR_RETURN(OpenedUpscaler* const opened, task.shelf.upscaler_for(*scale));
  Upscaler& upscaler = opened->upscaler;
  report.model = opened->name;
  report.scale = upscaler.scale();

  FOVEA_ASSIGN_OR_RETURN(const ToldPicture told, tell_of_picture(opened->models, task.numbers,
                                                                 read.jpeg.span(), job.input));
  if (!told.remark.empty()) console.detail(fmt::format("{}: {}", job.input, told.remark));
  read.jpeg = {};

  const codecs::Format format = job.format.value_or(decoded.format);
  const int64_t encoder = codecs::encoding_bytes(
      upscaler.output_size(picture.size()), upscaler.output_channels(picture), picture.bit_depth(),
      format, upscaler.team().size());
  report.encoder_bytes = encoder;
  const int64_t beside = encoder + task.bytes_beside;
  if (task.dry_run) {
    const auto forecast = upscaler.forecast(picture, beside, told.options);
    if (!forecast) return fail_in(job.input, forecast.error());
    report.upscale.take(*forecast);
    return std::nullopt;
  }
  if (!task.next.empty()) task.reader.announce(task.next);
  on_start(upscaler.output_size(picture.size()));
  auto upscaled = upscaler.upscale(picture, progress, &report.upscale, beside, told.options);
  if (!upscaled) return fail_in(job.input, std::move(upscaled.error()));
  // Behind the networks, one of which may have taken off what is brighter than the faded white.
  undo_fading(*upscaled, task.unfade, upscaler.team());
  return Enlarged{std::move(*upscaled), format, std::move(decoded.metadata)};
}

}  // namespace fovea::cli
