// A picture's rows through a session: their range, their samples, and a look for values that are
// not finite.
#pragma once

#include "engine/picture_planes.h"
#include "engine/progress.h"
#include "engine/session.h"

namespace fovea {

struct UpscaleReport;

/// What a network's values are of a picture's in 0...1.
struct Ranges {
  float in = 1.0f;
  float out = 1.0f;
};

/// Reads the picture's rows through `session` and hands those of the result to `writer`: values
/// times ranges.in on the way in and divided by ranges.out on the way out. kNumeric for a NaN or
/// an infinity.
Status run_rows(Session& session, ThreadTeam& team, const RowReader& reader,
                const RowWriter& writer, Ranges ranges, const Progress& progress,
                UpscaleReport& report);

}  // namespace fovea
