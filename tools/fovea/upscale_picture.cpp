#include "tools/fovea/upscale_picture.h"

#include <unistd.h>

#include <utility>

#include "loaders/formats/read_file.h"
#include "tools/fovea/atomic_file.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

Result<codecs::Decoded> read_picture(const std::string& path) {
  const codecs::Limits limits;
  if (path == kStandardStream) {
    const std::string name = "standard input";
    FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes,
                           read_stream(STDIN_FILENO, name, limits.max_file_bytes));
    return codecs::decode(bytes, name, limits);
  }
  auto file = read_file(path, limits.max_file_bytes, ErrorCode::kPicture);
  if (!file) return fail_in(path, std::move(file.error()));
  return codecs::decode(file->span(), path, limits);
}

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
  FOVEA_ASSIGN_OR_RETURN(codecs::Decoded decoded, read_picture(job.input));
  for (const std::string& warning : decoded.warnings) console.warning(job.input, warning);
  if (job.output.empty()) {
    return fail(ErrorCode::kPicture, "{}: changed while it was read; try again", job.input);
  }
  FOVEA_TRY(go_on(job));

  const codecs::Format format = job.format.value_or(decoded.format);
  report.input_size = decoded.picture.size();
  on_start(upscaler.output_size(decoded.picture.size()));
  auto upscaled = upscaler.upscale(decoded.picture, progress, &report.upscale);
  if (!upscaled) return fail_in(job.input, std::move(upscaled.error()));
  decoded.picture = Picture();  // its memory is wanted for what follows

  std::vector<std::string> lost;
  FOVEA_ASSIGN_OR_RETURN(const Picture fitted, codecs::fit_to_format(*upscaled, format, lost));
  *upscaled = Picture();
  for (const std::string& warning : lost) console.warning(job.output, warning);
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes,
                         codecs::encode(fitted, format, {.quality = task.quality}, job.output));
  FOVEA_TRY(go_on(job));
  if (job.output == kStandardStream) return write_all(STDOUT_FILENO, bytes, "standard output");
  return write_atomically(job.output, bytes, task.overwrite);
}

}  // namespace fovea::cli
