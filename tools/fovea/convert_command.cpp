// fovea convert: a model file as safetensors.
#include <filesystem>

#include "loaders/formats/safetensors_writer.h"
#include "loaders/load_model.h"
#include "tools/fovea/atomic_file.h"
#include "tools/fovea/commands.h"

namespace fovea::cli {
namespace {

Status convert(const ConvertOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(
      LoadedWeights loaded,
      load_weights(options.input, {.scale = options.scale, .metadata = options.metadata}));
  Weights& weights = loaded.weights;
  const Scale known = loaded.model.scale;
  if (options.scale && known.known() && !(*options.scale == known))
    return fail(ErrorCode::kUsage, "-s {}: the weights say {}; leave it out",
                to_string(*options.scale), to_string(known));
  if (options.half) {
    auto halves = as_half(weights);
    if (!halves) return fail_in(options.input, std::move(halves.error()));
    weights = std::move(*halves);
  }
  weights.metadata["architecture"] = loaded.model.architecture;
  if (known.known() || options.scale)
    weights.metadata["scale"] = to_string(known.known() ? known : *options.scale);
  auto bytes = write_safetensors(weights);
  if (!bytes) return fail_in(options.input, std::move(bytes.error()));
  FOVEA_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(options.output, options.overwrite));
  FOVEA_TRY(file.write(*bytes));
  return file.publish();
}

}  // namespace

int run_convert(const ConvertOptions& options) {
  const Status status = convert(options);
  return status ? 0 : show_error(status.error());
}

}  // namespace fovea::cli
