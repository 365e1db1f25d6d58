// Cut-off files that stb_image would fill up with zeros or gray and call whole.
#pragma once

#include "tools/codecs/backends.h"

namespace fovea::codecs {

/// kPicture when a BMP, TGA or JPEG file ends before its pixels do. Headers are taken as stb_image
/// has accepted them. PNG needs no such check: scan_png makes it.
Status check_complete(Format format, Bytes file);

}  // namespace fovea::codecs
