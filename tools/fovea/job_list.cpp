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

// "4" for x4; a scale like 2/3 must not become a folder.
std::string scale_word(Scale scale) {
  std::string word = to_string(scale);
  std::replace(word.begin(), word.end(), '/', '_');
  return word;
}

// The name of a picture in `format`: the input's, the scale after its stem where asked. The
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
Result<fs::path> output_folder(const UpscaleOptions& options, size_t input_count) {
  if (!options.output || *options.output == kStandardStream) return fs::path();
  const std::string& output = *options.output;
  const bool several = input_count > 1 || std::any_of(options.inputs.begin(), options.inputs.end(),
                                                      [](const auto& i) { return is_folder(i); });
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
                     Scale scale) {
  Job job{input.path, {}, options.format ? options.format : input.format, input.error, input.notes};
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
  job.output = folder.empty()
                   ? (path.parent_path() /
                      output_name(path, *job.format, fmt::format("-{}x", scale_word(scale))))
                         .string()
                   : (folder / output_name(path, *job.format, "")).string();
  return job;
}

// One key for every spelling of a path whose last part need not exist.
std::string location_key(const fs::path& path) {
  std::error_code error;
  const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
  fs::path whole = fs::weakly_canonical(parent, error);
  if (error) whole = parent;
  return (whole / path.filename()).string();
}

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

Status check_outputs(const std::vector<Input>& inputs, const UpscaleOptions& options,
                     const fs::path& folder, std::vector<Job>& jobs) {
  std::map<FileIdentity, std::string> sources;
  for (const Input& input : inputs) {
    if (input.identity) sources.emplace(*input.identity, input.path);
  }
  std::map<std::string, std::string> taken;  // location -> input
  for (Job& job : jobs) {
    if (job.output.empty() || job.output == kStandardStream) continue;
    const auto [other, is_new] = taken.emplace(location_key(job.output), job.input);
    if (!is_new) {
      return fail(ErrorCode::kUsage,
                  "{}: would be written for both {} and {}; use two runs or folders", job.output,
                  other->second, job.input);
    }
    if (const auto identity = file_identity(job.output)) {
      if (const auto input = sources.find(*identity); input != sources.end()) {
        return fail(ErrorCode::kUsage, "{}: is an input too ({}); choose another output",
                    job.output, input->second);
      }
    }
    const fs::path parent = fs::path(job.output).parent_path();
    // A folder that is about to be created has been checked through its own parent.
    if (folder.empty() || is_folder(folder)) FOVEA_TRY(check_folder(parent.empty() ? "." : parent));
    std::error_code error;
    const fs::file_status status = fs::symlink_status(job.output, error);
    if (!fs::exists(status) || job.error) continue;
    if (!fs::is_regular_file(status) && !fs::is_symlink(status)) {
      job.error = Error{ErrorCode::kOutput,
                        job.output + ": exists and is no regular file; choose another output"};
    } else if (!options.overwrite) {
      job.error =
          Error{ErrorCode::kOutput, job.output + ": exists already; use --overwrite to replace it"};
    }
  }
  return {};
}

}  // namespace

Result<JobList> plan_jobs(const UpscaleOptions& options, Scale scale) {
  const bool to_stdout = options.output == kStandardStream;
  if (to_stdout && isatty(STDOUT_FILENO) == 1) {
    return fail(ErrorCode::kUsage,
                "-o -: standard output is a terminal; send it to a file or a pipe");
  }
  FOVEA_ASSIGN_OR_RETURN(const std::vector<Input> inputs, list_inputs(options.inputs));
  if (to_stdout && inputs.size() > 1) {
    return fail(ErrorCode::kUsage, "-o -: standard output holds one picture, not {}; name a folder",
                inputs.size());
  }
  FOVEA_ASSIGN_OR_RETURN(const fs::path folder, output_folder(options, inputs.size()));
  JobList list;
  if (!folder.empty() && !is_folder(folder)) {
    list.new_folder = folder.parent_path().string();
    const fs::path parent = folder.parent_path().parent_path();
    FOVEA_TRY(check_folder(parent.empty() ? "." : parent));
  }
  for (const Input& input : inputs) {
    FOVEA_ASSIGN_OR_RETURN(Job job, plan_job(input, options, folder, scale));
    list.jobs.push_back(std::move(job));
  }
  FOVEA_TRY(check_outputs(inputs, options, folder, list.jobs));
  // What cannot succeed leaves no empty folder behind.
  if (std::all_of(list.jobs.begin(), list.jobs.end(),
                  [](const Job& job) { return job.error || job.output.empty(); })) {
    list.new_folder.clear();
  }
  return list;
}

}  // namespace fovea::cli
