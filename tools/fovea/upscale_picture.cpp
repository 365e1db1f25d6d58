#include "tools/fovea/upscale_picture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "tools/fovea/atomic_file.h"
#include "tools/fovea/descriptor_io.h"
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

Status upscale_picture(const PictureTask& task, Upscaler& upscaler, Console& console,
                       const std::function<void(Size)>& on_start, const Progress& progress,
                       PictureReport& report) {
  const Job& job = task.job;
  for (const std::string& note : job.notes) console.note(job.input, note);
  if (job.error) return tl::unexpected(*job.error);
  FOVEA_ASSIGN_OR_RETURN(ReadPicture read, task.reader.read(job.input));
  codecs::Decoded& decoded = read.decoded;
  for (const std::string& warning : decoded.warnings) console.warning(job.input, warning);
  if (job.output.empty()) {
    return fail(ErrorCode::kPicture, "{}: changed while it was read; try again", job.input);
  }
  FOVEA_TRY(go_on(job));

  FOVEA_ASSIGN_OR_RETURN(const ToldPicture told,
                         tell_of_picture(task.models, task.numbers, read.jpeg.span(), job.input));
  if (!told.remark.empty()) console.detail(fmt::format("{}: {}", job.input, told.remark));
  read.jpeg = {};

  const codecs::Format format = job.format.value_or(decoded.format);
  report.input_size = decoded.picture.size();
  const Picture& picture = decoded.picture;
  const int64_t encoder = codecs::encoding_bytes(
      upscaler.output_size(picture.size()), upscaler.output_channels(picture), picture.bit_depth(),
      format, upscaler.team().size());
  if (task.dry_run) {
    const auto forecast = upscaler.forecast(picture, encoder, told.options);
    if (!forecast) return fail_in(job.input, forecast.error());
    report.upscale.take(*forecast);
    return {};
  }
  on_start(upscaler.output_size(picture.size()));
  auto upscaled = upscaler.upscale(picture, progress, &report.upscale, encoder, told.options);
  if (!upscaled) return fail_in(job.input, std::move(upscaled.error()));
  decoded.picture = Picture();  // its memory is wanted for what follows

  std::vector<std::string> lost;
  FOVEA_ASSIGN_OR_RETURN(Picture fitted, codecs::fit_to_format(std::move(*upscaled), format, lost));
  FOVEA_ASSIGN_OR_RETURN(const codecs::Metadata metadata,
                         codecs::fit_metadata(std::move(decoded.metadata), format, fitted, lost));
  for (const std::string& warning : lost) console.warning(job.output, warning);
  const codecs::EncodeOptions options{.quality = task.quality, .metadata = &metadata};
  if (job.output == kStandardStream) {
    const auto to_stdout = [](std::span<const std::byte> bytes) {
      return write_all(STDOUT_FILENO, bytes, "standard output");
    };
    return codecs::encode(fitted, format, options, upscaler.team(), to_stdout, job.output);
  }
  FOVEA_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(job.output, task.overwrite));
  const auto to_file = [&](std::span<const std::byte> bytes) { return file.write(bytes); };
  FOVEA_TRY(codecs::encode(fitted, format, options, upscaler.team(), to_file, job.output));
  FOVEA_TRY(go_on(job));
  return file.publish();
}

}  // namespace fovea::cli
