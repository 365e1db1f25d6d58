// Pictures through a session of the CUDA backend.
#pragma once

#include "engine/session.h"

namespace fovea::test {

/// A band as high as any picture of the tests.
inline constexpr int64_t kWholePicture = 1 << 20;

/// The output for `input`; an error too where rows came out of order or were missing.
Result<Tensor> run_session(Session& session, const Tensor& input, int64_t band_height);

}  // namespace fovea::test
