#include "tools/fovea/job_list.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>

#include "tools/fovea/descriptor_io.h"

namespace fovea::cli {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

// The name of a picture in `format`: the input's, with what is asked for after its stem. The
// extension is kept as it is spelt when it fits the format, replaced when it belongs to another,
// and added when it is none.
std::string output_name(const fs::path& input, codecs::Format format,
                        const std::string& after_stem) {
  const std::string extension = input.extension().string();
  const auto named = codecs::format_from_extension(extension);
  const std::string stem = named ? input.stem().string() : input.filename().string();
  const std::string ending =
      named && *named == format ? extension : fmt::format(".{}", codecs::extension(format));
  return stem + after_stem + ending;
}

// The folder that -o means, or empty when it means a file or a stream.
Result<fs::path> output_folder(const UpscaleOptions& options) {
  if (!options.output || *options.output == kStandardStream) return fs::path();
  const std::string& output = *options.output;
  const bool several = options.inputs.size() > 1 || is_folder(options.inputs.front());
  if (is_folder(output) || output.ends_with('/')) return fs::path(output) / "";
  if (!several) return fs::path();
  if (file_identity(output)) {
    return fail(ErrorCode::kUsage, "{}: is not a folder; several pictures need one with -o",
                output);
  }
  return fs::path(output) / "";
}

// The format of the one file that -o names; no value: the input's.
Result<std::optional<codecs::Format>> named_format(const UpscaleOptions& options) {
  const std::string& output = *options.output;
  const std::string extension = fs::path(output).extension().string();
  if (output == kStandardStream || extension.empty()) return options.format;
  const auto named = codecs::format_from_extension(extension);
  if (!named || !codecs::can_encode(*named)) {
    if (options.format) return options.format;
    return fail(ErrorCode::kUsage,
                "{}: no format that this build writes has this extension ({}); choose one with -f",
                output, extension);
  }
  if (options.format && *options.format != *named) {
    return fail(ErrorCode::kUsage, "{}: the extension says {} and -f says {}; make them agree",
                output, codecs::extension(*named), codecs::extension(*options.format));
  }
  return std::optional(*named);
}

Result<Job> plan_job(const Input& input, const UpscaleOptions& options, const fs::path& folder,
                     const std::string& size_suffix) {
  Job job;
  job.input = input.path;
  job.format = options.format ? options.format : input.format;
  job.error = input.error;
  job.notes = input.notes;
  if (options.output && folder.empty()) {
    job.output = *options.output;
    FOVEA_ASSIGN_OR_RETURN(const auto format, named_format(options));
    if (format) job.format = format;
    return job;
  }
  if (input.path == kStandardStream) {
    return fail(ErrorCode::kUsage,
                "-i -: a picture from standard input has no name; give a file or "
                "- with -o");
  }
  // Without a format the file is no picture, and its decoder will say what it is instead.
  if (job.error || !job.format) return job;
  const fs::path path(input.path);
  const fs::path where = folder.empty() ? path.parent_path() : folder / input.subfolder;
  const std::string suffix = options.suffix ? *options.suffix : folder.empty() ? size_suffix : "";
  job.output = (where / output_name(path, *job.format, suffix)).string();
  if (!folder.empty()) job.folder = where.string();
  return job;
}

// JPEG would lose what was asked to be kept.
void refuse_lossy(std::vector<Job>& jobs) {
  for (Job& job : jobs) {
    if (job.error || job.format != codecs::Format::kJpeg) continue;
    job.error =
        Error{ErrorCode::kUsage, job.output + ": JPEG has no lossless form; use -f png or -f webp"};
  }
}

// One key for every spelling of a path whose last part need not exist.
class Locations {
 public:
  std::string key(const fs::path& path) {
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    const auto [known, is_new] = folders_.try_emplace(parent.string());
    if (is_new) {
      std::error_code error;
      known->second = fs::weakly_canonical(parent, error);
      if (error) known->second = parent;
    }
    return (known->second / path.filename()).string();
  }

 private:
  std::map<std::string, fs::path> folders_;
};

Status check_folder(const fs::path& folder) {
  if (!is_folder(folder)) {
    return fail(ErrorCode::kOutput, "{}: no such folder; create it first", folder.string());
  }
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return fail(ErrorCode::kOutput,
                "{}: no file can be created in this folder ({}); choose another", folder.string(),
                errno_text(errno));
  }
  return {};
}

// Pictures of a folder that an earlier run put there for others of the same folder are results.
void leave_results_out(const std::vector<Input>& inputs, std::vector<Job>& jobs) {
  Locations locations;
  std::map<std::string, size_t> results;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (!jobs[i].output.empty()) results.emplace(locations.key(jobs[i].output), i);
  }
  std::vector<Job> kept;
  for (size_t i = 0; i < jobs.size(); ++i) {
    const auto result = results.find(locations.key(jobs[i].input));
    const bool is_result = result != results.end() && result->second != i;
    if (!inputs[i].is_listed || !is_result) kept.push_back(std::move(jobs[i]));
  }
  jobs = std::move(kept);
}

Status check_output(const std::map<FileIdentity, std::string>& sources,
                    const UpscaleOptions& options, Job& job) {
  const auto identity = file_identity(job.output);
  if (identity) {
    if (const auto input = sources.find(*identity); input != sources.end()) {
      return fail(ErrorCode::kUsage, "{}: is an input too ({}); choose another output", job.output,
                  input->second);
    }
  }
  const fs::path parent = fs::path(job.output).parent_path();
  // A folder that is about to be created is checked through the one it will lie in.
  if (job.folder.empty() || is_folder(job.folder)) {
    FOVEA_TRY(check_folder(parent.empty() ? "." : parent));
  }
  std::error_code error;
  const fs::file_status status = fs::symlink_status(job.output, error);
  if (!fs::exists(status) || job.error) return {};
  if (!fs::is_regular_file(status) && !fs::is_symlink(status)) {
    job.error = Error{ErrorCode::kOutput,
                      job.output + ": exists and is no regular file; choose another output"};
  } else if (!options.overwrite && !options.skip_existing) {
    job.error =
        Error{ErrorCode::kOutput, job.output + ": exists already; use --overwrite to replace it"};
  }
  return {};
}

Status check_outputs(const UpscaleOptions& options, std::vector<Job>& jobs) {
  std::map<FileIdentity, std::string> sources;
  for (const Job& job : jobs) {
    if (const auto identity = file_identity(job.input)) sources.emplace(*identity, job.input);
  }
  Locations locations;
  std::map<std::string, std::string> taken;  // location -> input
  for (Job& job : jobs) {
    if (job.output.empty() || job.output == kStandardStream) continue;
    const auto [other, is_new] = taken.emplace(locations.key(job.output), job.input);
    if (!is_new) {
      return fail(ErrorCode::kUsage,
                  "{}: would be written for both {} and {}; use two runs or folders", job.output,
                  other->second, job.input);
    }
    FOVEA_TRY(check_output(sources, options, job));
  }
  return {};
}

// The machines of a job array list the folder at different times.
Status check_shard(const UpscaleOptions& options, const fs::path& folder) {
  if (options.shard.count == 1) return {};
  for (const std::string& input : options.inputs) {
    if (!is_folder(input)) continue;
    if (folder.empty() || file_identity(folder.string()) == file_identity(input)) {
      return fail(
          ErrorCode::kUsage,
          "--shard: results beside the pictures would be other shards' inputs; give another "
          "folder with -o");
    }
  }
  return {};
}

}  // namespace

Result<std::vector<Job>> plan_jobs(const UpscaleOptions& options, const std::string& size_suffix) {
  const bool to_stdout = options.output == kStandardStream;
  if (to_stdout && isatty(STDOUT_FILENO) == 1) {
    return fail(ErrorCode::kUsage,
                "-o -: standard output is a terminal; send it to a file or a pipe");
  }
  FOVEA_ASSIGN_OR_RETURN(const fs::path folder, output_folder(options));
  if (options.suffix && options.output && folder.empty()) {
    return fail(ErrorCode::kUsage, "--suffix: -o {} names the file; leave one of them out",
                *options.output);
  }
  FOVEA_TRY(check_shard(options, folder));
  const InputRules rules{options.recursive, options.shard,
                         folder.empty() ? std::nullopt : file_identity(folder.string())};
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Input> inputs, list_inputs(options.inputs, rules));
  if (to_stdout && inputs.size() > 1) {
    return fail(ErrorCode::kUsage, "-o -: standard output holds one picture, not {}; name a folder",
                inputs.size());
  }
  if (!folder.empty() && !is_folder(folder)) {
    const fs::path parent = folder.parent_path().parent_path();
    FOVEA_TRY(check_folder(parent.empty() ? "." : parent));
  }
  std::vector<Job> jobs;
  for (const Input& input : inputs) {
    FOVEA_ASSIGN_OR_RETURN(Job job, plan_job(input, options, folder, size_suffix));
    jobs.push_back(std::move(job));
  }
  if (options.skip_existing) leave_results_out(inputs, jobs);
  if (options.lossless) refuse_lossy(jobs);
  FOVEA_TRY(check_outputs(options, jobs));
  return jobs;
}

}  // namespace fovea::cli
