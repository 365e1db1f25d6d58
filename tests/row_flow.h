// A picture through something that takes rows in and gives rows out.
#pragma once

#include <functional>

#include "engine/executor.h"
#include "engine/session.h"

namespace fovea::test {

/// The output, (size, channels), of `run` for `input`. kUsage when rows come out of order, on
/// either side, or are missing; else what `run` says.
Result<Tensor> run_rows(const Tensor& input, Size size, int64_t channels,
                        const std::function<Status(const RowSource&, const RowSink&)>& run);

/// The output of `session` for `input` in bands of `band_height` rows.
Result<Tensor> run_session(Session& session, const Tensor& input, int64_t band_height);

}  // namespace fovea::test
