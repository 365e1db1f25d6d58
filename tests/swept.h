// A graph through the swept runner, for tests that hold it to run_whole.
#pragma once

#include "engine/backend.h"

namespace fovea::test {

/// The output of `graph`, rewritten and lowered by `backend`, in bands of `band_height` rows on
/// `threads` threads, in an arena that starts full of NaN. kUsage when rows come out of order or
/// are missing.
Result<Tensor> swept(const Graph& graph, const Backend& backend, const Tensor& input,
                     int64_t band_height, int threads);

/// EXPECTs that `graph` gives the same bits swept as whole, for band heights 1, 2, 3, 7, 16, 64 and
/// more than there are rows, some on one thread and some on several, on a map of `size` pixels.
void expect_swept_equals_whole(const Graph& graph, const Backend& backend, Size size);

}  // namespace fovea::test
