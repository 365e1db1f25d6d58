// Fading and yellowing of old photographs, undone.
#pragma once

#include "engine/picture.h"
#include "engine/thread_team.h"

namespace fovea {

/// A faded print's black is no longer black and its white no longer white, in each dye by another
/// amount: y_c = a_c + (b_c - a_c) x_c. a_c and b_c are read off the picture, as the samples that a
/// thousandth of channel c lies below and above, and the channel is stretched to 0...1:
///
///     out_c = y_c + strength ((y_c - a_c) / max(b_c - a_c, 1/4) - y_c), clamped
///
/// A picture whose channels reach black and white already stays as it is; one that is meant to have
/// a colour throughout, as sepia, loses it. Alpha stays. `strength` is 0 (nothing is changed) to 1.
void undo_fading(Picture& picture, double strength, ThreadTeam& team);

}  // namespace fovea
