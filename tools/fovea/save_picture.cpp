#include "tools/fovea/save_picture.h"

#include <unistd.h>

#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "tools/fovea/atomic_file.h"
#include "tools/fovea/descriptor_io.h"
#include "tools/fovea/inputs.h"
#include "tools/fovea/interrupt.h"

namespace fovea::cli {
namespace {

Status create_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::kOutput, "{}: the folder cannot be created ({}); choose another", folder,
                error.message());
  }
  return {};
}

Status write(const Picture& picture, codecs::Format format, const codecs::EncodeOptions& encoding,
             const SaveTask& task, ThreadTeam& team) {
  if (task.output == kStandardStream) {
    const auto to_stdout = [](std::span<const std::byte> bytes) {
      return write_all(STDOUT_FILENO, bytes, "standard output");
    };
    return codecs::encode(picture, format, encoding, team, to_stdout, task.output);
  }
  if (!task.folder.empty()) FOVEA_TRY(create_folder(task.folder));
  FOVEA_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(task.output, task.overwrite));
  const auto to_file = [&](std::span<const std::byte> bytes) { return file.write(bytes); };
  FOVEA_TRY(codecs::encode(picture, format, encoding, team, to_file, task.output));
  if (interrupted() != 0) return fail(ErrorCode::kCancelled, "{}: stopped by a signal", task.input);
  return file.publish();
}

}  // namespace

Result<std::vector<std::string>> save_picture(Enlarged enlarged, const SaveTask& task,
                                              ThreadTeam& team) try {
  std::vector<std::string> lost;
  FOVEA_ASSIGN_OR_RETURN(Picture fitted,
                         codecs::fit_to_format(std::move(enlarged.picture), enlarged.format, lost));
  FOVEA_ASSIGN_OR_RETURN(
      const codecs::Metadata metadata,
      codecs::fit_metadata(std::move(enlarged.metadata), enlarged.format, fitted, lost));
  if (task.strict && !lost.empty())
    return fail(ErrorCode::kOutput, "{}: {} (an error with --strict)", task.output, lost.front());
  codecs::EncodeOptions encoding = task.encoding;
  encoding.metadata = &metadata;
  FOVEA_TRY(write(fitted, enlarged.format, encoding, task, team));
  return lost;
} catch (const std::bad_alloc&) {
  return fail(ErrorCode::kMemory,
              "{}: no memory to write this picture; free some or use a smaller one", task.input);
}

}  // namespace fovea::cli
