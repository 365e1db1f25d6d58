// One picture from its file to the network's result.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "tools/fovea/console.h"
#include "tools/fovea/job_list.h"
#include "tools/fovea/picture_reader.h"
#include "tools/fovea/picture_report.h"
#include "tools/fovea/save_picture.h"
#include "tools/fovea/upscaler_shelf.h"

namespace fovea::cli {

struct PictureTask {
  const Job& job;
  PictureReader& reader;
  std::string next;  ///< the picture to be read beside the network's work; empty: none
  UpscalerShelf& shelf;
  const SetNumbers& numbers;
  double unfade;         ///< strength of undo_fading() on the result
  int64_t bytes_beside;  ///< that other pictures take meanwhile
  bool dry_run;          ///< decode and plan, no more
};

/// Reads, decodes and upscales, filling `report` as it goes; nothing to be saved in a dry run.
/// `on_start` is told the size of the result before the network runs. kPicture where the picture is
/// not to be had or, of a strict console, told a warning; else what the shelf and the Upscaler say.
Result<std::optional<Enlarged>> upscale_picture(const PictureTask& task, Console& console,
                                                const std::function<void(Size)>& on_start,
                                                const Progress& progress, PictureReport& report);

}  // namespace fovea::cli
