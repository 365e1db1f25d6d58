// One picture from its file to the other.
#pragma once

#include "engine/upscaler.h"
#include "tools/fovea/console.h"
#include "tools/fovea/job_list.h"
#include "tools/fovea/picture_options.h"
#include "tools/fovea/picture_reader.h"
#include "tools/fovea/picture_report.h"

namespace fovea::cli {

struct PictureTask {
  const Job& job;
  PictureReader& reader;
  const std::vector<SharedModel>& models;  ///< of the Upscaler
  const SetNumbers& numbers;               ///< that they are told of every picture
  int quality;
  bool overwrite;
  bool dry_run;  ///< decode and plan, no more
};

/// Reads, decodes, upscales, encodes and writes, filling `report` as it goes. `on_start` is told
/// the size of the result before the network runs.
Status upscale_picture(const PictureTask& task, Upscaler& upscaler, Console& console,
                       const std::function<void(Size)>& on_start, const Progress& progress,
                       PictureReport& report);

}  // namespace fovea::cli
