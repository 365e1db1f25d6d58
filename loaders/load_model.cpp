#include "loaders/load_model.h"

#include <new>
#include <string_view>
#include <system_error>
#include <utility>

#include "loaders/architectures/architecture.h"
#include "loaders/formats/model_format.h"
#include "loaders/formats/ncnn.h"
#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "loaders/formats/torch_checkpoint.h"

namespace fovea {
namespace {

using std::filesystem::path;

// The refusal of a model with what to do at its end. Where the reader knew better, its own advice
// is there, behind a semicolon as everywhere.
tl::unexpected<Error> advise(Error error, std::string_view advice) {
  if (error.code == ErrorCode::kModel && error.message.find("; ") == error.message.npos)
    error.message.append("; ").append(advice);
  return tl::unexpected(std::move(error));
}

Result<Model> from_safetensors(const FileBytes& file) {
  auto weights = read_safetensors(file);
  if (!weights)
    return advise(std::move(weights.error()),
                  "get the file again, or save it again with safetensors.torch.save_file");
  auto model = build_architecture(*weights);
  if (!model)
    return advise(std::move(model.error()),
                  "save the whole state dict of one network, and nothing else");
  model->format = "safetensors";
  return model;
}

Result<Model> from_torch(Result<Weights> weights, std::string_view format) {
  if (!weights)
    return advise(std::move(weights.error()),
                  "get the file again, or save its state dict again with torch.save");
  auto model = build_architecture(*weights);
  if (!model)
    return advise(std::move(model.error()),
                  "save the whole state dict of one network, and nothing else");
  model->format = format;
  return model;
}

Result<Model> from_ncnn(const FileBytes& param, const FileBytes& bin) {
  auto model = read_ncnn(param, bin);
  if (!model) return advise(std::move(model.error()), "get both files again, or use another model");
  return model;
}

path with_extension(path file, const char* extension) { return file.replace_extension(extension); }

// The file beside a .param or a .bin file that belongs to it.
Result<FileBytes> read_partner(const path& file, size_t max_bytes) {
  auto bytes = read_file(file, max_bytes, ErrorCode::kModel);
  if (!bytes)
    return fail_in("needs " + file.filename().string() + " beside it", std::move(bytes.error()));
  return bytes;
}

Result<Model> from_param(const path& file, const FileBytes& param, const LoadLimits& limits) {
  FOVEA_ASSIGN_OR_RETURN(const FileBytes bin,
                         read_partner(with_extension(file, ".bin"), limits.max_file_bytes));
  return from_ncnn(param, bin);
}

// Errors name the .param file where they lie there: it is what a person can look into.
Result<Model> from_bin(const path& file, const FileBytes& bin) {
  const path param_file = with_extension(file, ".param");
  FOVEA_ASSIGN_OR_RETURN(const FileBytes param, read_partner(param_file, kMaxNcnnParamBytes));
  auto model = from_ncnn(param, bin);
  if (!model) return fail_in(param_file.filename().string(), std::move(model.error()));
  return model;
}

Result<Model> load(const path& file, const LoadLimits& limits) {
  FOVEA_ASSIGN_OR_RETURN(const FileBytes bytes,
                         read_file(file, limits.max_file_bytes, ErrorCode::kModel));
  const ModelFormat format = sniff_model_format(bytes.span());
  const path extension = file.extension();
  // An ncnn .bin file has no mark, and may begin with that of another format by chance.
  std::error_code ignored;
  if (extension == ".bin" && std::filesystem::exists(with_extension(file, ".param"), ignored))
    return from_bin(file, bytes);
  // A damaged file is taken by its name: the reader of its format can say where the damage is.
  const bool unmarked = format == ModelFormat::kUnknown;
  if (format == ModelFormat::kSafetensors || (unmarked && extension == ".safetensors"))
    return from_safetensors(bytes);
  if (format == ModelFormat::kZip) return from_torch(read_torch_zip(bytes), "PyTorch");
  if (format == ModelFormat::kPickle)
    return from_torch(read_torch_legacy(bytes), "PyTorch before 1.6");
  if (format == ModelFormat::kNcnnParam || (unmarked && extension == ".param"))
    return from_param(file, bytes, limits);
  if (unmarked && extension == ".bin") return from_bin(file, bytes);
  return fail(ErrorCode::kModel, "{}", refusal(format));
}

}  // namespace

Result<Model> load_model(const std::filesystem::path& file, const LoadLimits& limits) {
  try {
    auto model = load(file, limits);
    if (!model) return fail_in(file.string(), std::move(model.error()));
    return model;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kMemory, "{}: no memory to load it", file.string());
  }
}

}  // namespace fovea
