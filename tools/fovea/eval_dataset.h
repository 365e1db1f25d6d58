// The pictures to be measured on: folders, folders with the small pictures beside, lists.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/status.h"

namespace fovea::cli {

/// The truth, and what the networks are given of it.
struct TestPicture {
  std::string name;   ///< of the file, without extension and _HR
  std::string truth;  ///< path
  std::string small;  ///< path; empty: to be made of the truth
};

struct Dataset {
  std::string name;  ///< of the folder or list
  std::vector<TestPicture> pictures;
};

/// The list of the project's own validation, which stands for its name.
inline constexpr const char* kValidationName = "val50";

/// The last part of a path: "set5" of "data/set5/" too, and of "." in there.
std::string folder_name(const std::string& path);

/// `path` if it is a file, or the file of that name and the extension of a picture.
std::optional<std::string> find_picture(const std::string& path);

/// `given` at `scale`, pictures by name:
///  - a folder with a folder x2, x3, ... in it is read there: in that of `scale`, or else, for the
///    truth alone, in that of the least scale;
///  - in a folder with NAME_HR files these are the truth, and NAME_LR of `scale` the small ones;
///  - in any other all pictures are the truth;
///  - any other file is a list of pictures, one a line, relative to `root`, or to the list where
///    that is empty; their extensions may be left out. Empty lines and those with a # first do not
///    count. The pictures have the list's order;
///  - kValidationName, where there is nothing of that name, is the project's list, and wants a
///  root.
/// kUsage where there is no such thing, kPicture where a picture is missing or a folder has none.
Result<Dataset> find_dataset(const std::string& given, const std::string& root, int64_t scale);

}  // namespace fovea::cli
