// fovea convert: a model file as safetensors.
#include "loaders/formats/safetensors_writer.h"
#include "loaders/load_model.h"
#include "tools/fovea/atomic_file.h"
#include "tools/fovea/commands.h"
#include "tools/fovea/find_model.h"

namespace fovea::cli {
namespace {

Result<std::vector<std::byte>> converted(const ConvertOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(const FoundModel found,
                         find_model(options.input, options.models_dir, options.scale));
  FOVEA_ASSIGN_OR_RETURN(LoadedWeights loaded, load_tensors(found, {.scale = options.scale,
                                                                    .metadata = options.metadata}));
  Weights& weights = loaded.weights;
  const Scale known = loaded.model.scale;
  if (options.scale && known.known() && !(*options.scale == known))
    return fail(ErrorCode::kUsage, "-s {}: the weights say {}; leave it out",
                to_string(*options.scale), to_string(known));
  if (found.is_built_in() && !options.half && options.metadata.empty()) {
    // Its file as it is: safetensors already, with all that is to be said beside the tensors.
    const std::span<const std::byte> file = found.bytes.span();
    return std::vector<std::byte>(file.begin(), file.end());
  }
  if (options.half) {
    auto halves = as_half(weights);
    if (!halves) return fail_in(found.place(), std::move(halves.error()));
    weights = std::move(*halves);
  }
  weights.metadata["architecture"] = loaded.model.architecture;
  if (known.known() || options.scale)
    weights.metadata["scale"] = to_string(known.known() ? known : *options.scale);
  auto bytes = write_safetensors(weights);
  if (!bytes) return fail_in(found.place(), std::move(bytes.error()));
  return bytes;
}

Status convert(const ConvertOptions& options) {
  FOVEA_ASSIGN_OR_RETURN(const std::vector<std::byte> bytes, converted(options));
  FOVEA_ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::create(options.output, options.overwrite));
  FOVEA_TRY(file.write(bytes));
  return file.publish();
}

}  // namespace

int run_convert(const ConvertOptions& options) {
  const Status status = convert(options);
  return status ? 0 : show_error(status.error());
}

}  // namespace fovea::cli
