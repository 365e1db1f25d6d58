#include "loaders/load_model.h"

#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "loaders/architectures/architecture.h"
#include "loaders/formats/model_format.h"
#include "loaders/formats/ncnn.h"
#include "loaders/formats/onnx/onnx.h"
#include "loaders/formats/onnx/onnx_weights.h"
#include "loaders/formats/read_file.h"
#include "loaders/formats/safetensors.h"
#include "loaders/formats/tfjs.h"
#include "loaders/formats/torch_checkpoint.h"
#include "loaders/same_network.h"

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

// Named tensors and what to call the format that they came in.
struct NamedTensors {
  Weights weights;
  std::string_view format;
};

// No value for formats that hold no named tensors.
std::optional<Result<NamedTensors>> tensors_of(const FileBytes& file, ModelFormat format,
                                               const path& extension) {
  const auto read = [](Result<Weights> weights, std::string_view name,
                       std::string_view advice) -> Result<NamedTensors> {
    if (!weights) return advise(std::move(weights.error()), advice);
    return NamedTensors{std::move(*weights), name};
  };
  constexpr std::string_view kSaveAgain =
      "get the file again, or save its state dict again with torch.save";
  // A damaged file is taken by its name: the reader of its format can say where the damage is.
  if (format == ModelFormat::kSafetensors ||
      (format == ModelFormat::kUnknown && extension == ".safetensors"))
    return read(read_safetensors(file), "safetensors",
                "get the file again, or save it again with safetensors.torch.save_file");
  if (format == ModelFormat::kZip) return read(read_torch_zip(file), "PyTorch", kSaveAgain);
  if (format == ModelFormat::kPickle)
    return read(read_torch_legacy(file), "PyTorch before 1.6", kSaveAgain);
  return std::nullopt;
}

Result<Model> model_of(
    NamedTensors& tensors, const LoadLimits& limits,
    std::string_view advice = "save the whole state dict of one network, and nothing else") {
  for (const auto& [key, value] : limits.metadata) tensors.weights.metadata[key] = value;
  if (limits.scale) tensors.weights.told["scale"] = to_string(*limits.scale);
  auto model = build_architecture(tensors.weights);
  if (!model) return advise(std::move(model.error()), advice);
  model->format = tensors.format;
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

Result<Model> from_onnx(const FileBytes& bytes, const FilesBeside& beside) {
  auto model = read_onnx(bytes, beside);
  if (!model)
    return advise(std::move(model.error()),
                  "get the file again, or give the PyTorch weights that it was made of");
  return model;
}

// Shards are plain files of the same folder: no links, which could lead anywhere.
Result<Model> from_tfjs(const path& file, const FileBytes& json, const LoadLimits& limits) {
  const auto read_shard = [&](const std::string& name) {
    return read_file(file.parent_path() / name, limits.max_file_bytes, ErrorCode::kModel,
                     Links::kRefuse);
  };
  auto model = read_tfjs(json, read_shard);
  if (!model)
    return advise(std::move(model.error()),
                  "get the json and its shards again, or convert the model again");
  return model;
}

// Without a name to go by and without a file beside it.
Result<Model> from_memory(const FileBytes& bytes, const LoadLimits& limits) {
  const ModelFormat format = sniff_model_format(bytes.span());
  if (auto tensors = tensors_of(bytes, format, {})) {
    if (!*tensors) return tl::unexpected(std::move(tensors->error()));
    return model_of(**tensors, limits);
  }
  if (format == ModelFormat::kOnnx) return from_onnx(bytes, {});
  const std::string_view why = refusal(format);
  return fail(ErrorCode::kModel, "{}",
              why.empty() ? "is not read from memory, being of two files; give safetensors" : why);
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
  if (auto tensors = tensors_of(bytes, format, extension)) {
    if (!*tensors) return tl::unexpected(std::move(tensors->error()));
    return model_of(**tensors, limits);
  }
  if (format == ModelFormat::kJson) return from_tfjs(file, bytes, limits);
  const bool unmarked = format == ModelFormat::kUnknown;
  if (format == ModelFormat::kOnnx || (unmarked && extension == ".onnx"))
    return from_onnx(bytes, FilesBeside(file, limits.max_file_bytes));
  if (format == ModelFormat::kNcnnParam || (unmarked && extension == ".param"))
    return from_param(file, bytes, limits);
  if (unmarked && extension == ".bin") return from_bin(file, bytes);
  return fail(ErrorCode::kModel, "{}", refusal(format));
}

// The graph must be the network that its tensors' names say, and no more: what it does besides
// would be lost.
Result<LoadedWeights> onnx_tensors(const FileBytes& bytes, const FilesBeside& beside,
                                   const LoadLimits& limits) {
  constexpr std::string_view kAdvice = "run the ONNX file as it is, or convert the PyTorch weights";
  FOVEA_ASSIGN_OR_RETURN(const Model graph, from_onnx(bytes, beside));
  FOVEA_ASSIGN_OR_RETURN(Weights weights, read_onnx_weights(bytes, beside));
  NamedTensors tensors{std::move(weights), "ONNX"};
  auto model = model_of(tensors, limits, kAdvice);
  if (!model) return fail_in("its tensors by their names", std::move(model.error()));
  FOVEA_ASSIGN_OR_RETURN(const auto differs, difference(model->graph, graph.graph));
  if (differs)
    return fail(ErrorCode::kModel, "its tensors are {}'s, its graph is another: {}; {}",
                model->architecture, *differs, kAdvice);
  return LoadedWeights{std::move(tensors.weights), std::move(*model)};
}

Result<LoadedWeights> tensors_and_model(const FileBytes& bytes, const path& extension,
                                        const FilesBeside& beside, const LoadLimits& limits) {
  const ModelFormat format = sniff_model_format(bytes.span());
  if (format == ModelFormat::kOnnx) return onnx_tensors(bytes, beside, limits);
  auto tensors = tensors_of(bytes, format, extension);
  if (!tensors)
    return fail(
        ErrorCode::kModel,
        "holds no named tensors; give a .pth, safetensors or ONNX (ncnn files have no names "
        "of PyTorch's)");
  if (!*tensors) return tl::unexpected(std::move(tensors->error()));
  FOVEA_ASSIGN_OR_RETURN(Model model, model_of(**tensors, limits));
  return LoadedWeights{std::move((*tensors)->weights), std::move(model)};
}

Result<LoadedWeights> load_tensors(const path& file, const LoadLimits& limits) {
  FOVEA_ASSIGN_OR_RETURN(const FileBytes bytes,
                         read_file(file, limits.max_file_bytes, ErrorCode::kModel));
  return tensors_and_model(bytes, file.extension(), FilesBeside(file, limits.max_file_bytes),
                           limits);
}

// What `load_it` gives; its errors, and the want of memory, led by the file's name.
template <class Load>
auto loaded(const std::string& name, Load load_it) -> decltype(load_it()) {
  try {
    auto result = load_it();
    if (!result) return fail_in(name, std::move(result.error()));
    return result;
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kMemory, "{}: no memory to load it", name);
  }
}

}  // namespace

Result<Model> load_model(const std::filesystem::path& file, const LoadLimits& limits) {
  return loaded(file.string(), [&] { return load(file, limits); });
}

Result<Model> load_model(const FileBytes& bytes, const std::string& name,
                         const LoadLimits& limits) {
  return loaded(name, [&] { return from_memory(bytes, limits); });
}

Result<LoadedWeights> load_weights(const std::filesystem::path& file, const LoadLimits& limits) {
  return loaded(file.string(), [&] { return load_tensors(file, limits); });
}

Result<LoadedWeights> load_weights(const FileBytes& bytes, const std::string& name,
                                   const LoadLimits& limits) {
  return loaded(name, [&] { return tensors_and_model(bytes, {}, {}, limits); });
}

}  // namespace fovea
