// The pictures that -i names: files, the pictures in folders, standard input.
#pragma once

#include <sys/types.h>

#include <compare>
#include <optional>
#include <string>
#include <vector>

#include "engine/status.h"
#include "tools/codecs/codec.h"
#include "tools/fovea/shard.h"

namespace fovea::cli {

inline constexpr const char* kStandardStream = "-";

/// Which file a name leads to, whatever the name.
struct FileIdentity {
  dev_t device = 0;
  ino_t number = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

/// The identity of an existing file, following links; no value when there is none.
std::optional<FileIdentity> file_identity(const std::string& path);

struct Input {
  std::string path;
  bool is_listed = false;  ///< found in a folder, not named
  std::string subfolder;   ///< below the folder that was named; empty: in it, or none was
  std::optional<codecs::Format>
      format;  ///< told by the first bytes; no value: standard input, or no picture
  std::optional<FileIdentity> identity;
  std::optional<Error> error;  ///< why it will not be tried
  std::vector<std::string> notes;
};

struct InputRules {
  bool recursive = false;                ///< subfolders too; links to folders are not followed
  Shard shard;                           ///< the others' pictures are not even opened
  std::optional<FileIdentity> left_out;  ///< a folder of results, not to be searched
};

/// Every input in the order given, the files of a folder by name, then its subfolders. In a folder
/// only what this build reads counts; hidden files and the rest are passed over with a note on the
/// folder's first picture. A folder without a picture is an Input with an error; a named file that
/// is none is left to its decoder, which says what it is. kUsage when standard input is given
/// twice. A picture's name for the shard is its path below the folder that was named, or its path
/// as it was given, in both cases without its extension: what might have one output stays together.
Result<std::vector<Input>> list_inputs(const std::vector<std::string>& given,
                                       const InputRules& rules = {});

}  // namespace fovea::cli
