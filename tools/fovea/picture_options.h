// What the networks are told of one picture, and what their result is held to.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/upscaler.h"

namespace fovea::cli {

/// Numbers given with --set, by Condition::name.
using SetNumbers = std::map<std::string, double>;

/// kUsage for a number that none of `models` is told, and for one out of its range.
Status check_numbers(const std::vector<SharedModel>& models, const SetNumbers& numbers);

struct ToldPicture {
  PictureOptions options;
  std::string remark;  ///< what of it is worth telling; empty: nothing
};

/// For the picture of `jpeg`, the bytes of its file where that is a JPEG, else nothing: the numbers
/// that are set; else a JPEG's quality by its tables; else each network's usual number. Where the
/// first network undoes JPEG and its quality was not set, its result is projected onto what the
/// file still tells (project_onto_jpeg): a quality that is set says that the file's own tables do
/// not tell what happened to the picture. `name` leads the errors, which are those of
/// read_jpeg_coefficients.
Result<ToldPicture> tell_of_picture(const std::vector<SharedModel>& models,
                                    const SetNumbers& numbers, std::span<const std::byte> jpeg,
                                    const std::string& name);

}  // namespace fovea::cli
