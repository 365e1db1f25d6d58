// The subcommands. Each prints what it has to say and returns the exit code.
#pragma once

#include "tools/fovea/options.h"

namespace fovea::cli {

int run_bench(const BenchOptions& options);
int run_convert(const ConvertOptions& options);
int run_upscale(const UpscaleOptions& options);
int run_eval(const EvalOptions& options);
int run_info(const InfoOptions& options);
int run_models(const ModelsOptions& options);

/// Prints `text` on standard output: 0, or 7 where that fails, in silence when the reader just went
/// away.
int show_text(const std::string& text);

/// Prints the error on standard error and returns its exit code.
int show_error(const Error& error);

}  // namespace fovea::cli
