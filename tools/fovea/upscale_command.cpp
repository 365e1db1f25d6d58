// fovea upscale: a list of pictures through one model.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include <filesystem>
#include <set>
#include <string>

#include "tools/fovea/atomic_file.h"
#include "tools/fovea/batch.h"
#include "tools/fovea/commands.h"
#include "tools/fovea/descriptor_io.h"

namespace fovea::cli {
namespace {

UpscalerOptions upscaler_options(const UpscaleOptions& options) {
  UpscalerOptions wanted;
  wanted.device = options.device.kind;
  wanted.device_index = options.device.index;
  wanted.precision = options.precision;
  wanted.threads = options.threads;
  wanted.band_height = options.band_height;
  wanted.memory_ceiling = options.memory_ceiling;
  wanted.scale = options.scale;
  return wanted;
}

void note_idle_quality(const UpscaleOptions& options, const std::vector<Job>& jobs,
                       Console& console) {
  if (!options.quality) return;
  for (const Job& job : jobs) {
    if (!job.format || *job.format == codecs::Format::kJpeg ||
        *job.format == codecs::Format::kWebp) {
      return;
    }
  }
  console.note(fmt::format("-q {}", *options.quality), "only JPEG and WebP have a quality");
}

// "-4x", "-1920w"; a scale like 2/3 must not become a folder.
std::string size_suffix(const UpscaleOptions& options, const UpscalerShelf& shelf) {
  if (options.size.is_given()) return fmt::format("-{}", size_word(options.size));
  std::string word = to_string(shelf.last()->upscaler.scale());
  std::replace(word.begin(), word.end(), '/', '_');
  return fmt::format("-{}x", word);
}

// Once in each folder that is written to.
void clean_folders(const std::vector<Job>& jobs, Console& console) {
  std::set<std::string> folders;
  for (const Job& job : jobs) {
    if (job.error || job.output.empty() || job.output == kStandardStream) continue;
    const std::string folder = std::filesystem::path(job.output).parent_path().string();
    folders.insert(folder.empty() ? "." : folder);
  }
  for (const std::string& folder : folders) {
    const int removed = remove_stale_files(folder);
    if (removed > 0)
      console.note(folder, fmt::format("{} unfinished {} of a run that was killed removed", removed,
                                       removed == 1 ? "file" : "files"));
  }
}

Result<int> run(UpscaleOptions options, Console& console) {
  const Batch::Clock::time_point start = Batch::Clock::now();
  FOVEA_ASSIGN_OR_RETURN(options.device, usable_device(options.device, console));
  PictureReader reader;
  // Under a ceiling a model that is being read and a picture that is being decoded had better not
  // meet in memory; one thread is one thread.
  if (options.memory_ceiling == 0 && options.threads != 1) reader.announce(options.inputs.front());
  FOVEA_ASSIGN_OR_RETURN(UpscalerShelf shelf,
                         UpscalerShelf::open({options.model, upscaler_options(options),
                                              options.size, options.numbers}));
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Job> jobs,
                         plan_jobs(options, size_suffix(options, shelf)));
  if (!options.dry_run) clean_folders(jobs, console);
  note_idle_quality(options, jobs, console);
  return Batch(options, jobs, shelf, reader, console, start).run();
}

}  // namespace

int run_upscale(const UpscaleOptions& options) {
  Console console(options.talk, options.strict);
  const Result<int> code = run(options, console);
  if (code) return *code;
  console.error(code.error().message);
  return exit_code(code.error());
}

int show_text(const std::string& text) {
  const Status status = print(text);
  // EPIPE: `fovea models | head` has read all it wanted.
  if (!status && errno == EPIPE) return static_cast<int>(ErrorCode::kOutput);
  return status ? 0 : show_error(status.error());
}

int show_error(const Error& error) {
  Console(Console::Talk::kQuiet).error(error.message);
  return exit_code(error);
}

}  // namespace fovea::cli
