// fovea.h: the library and its models.
#include "engine/c_model.h"

#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/c_boundary.h"
#include "engine/c_scale.h"
#include "loaders/load_model.h"
#include "loaders/model_family.h"
#include "weights/own_models.h"

namespace fovea::c {
namespace {

// An own model's bytes are a view into the program, so that keeping them costs nothing.
std::optional<FileBytes> built_in_bytes(const std::string& name) {
  for (const OwnModel& own : own_models()) {
    if (own.name == name && !own.bytes.empty()) return unowned_bytes(own.bytes);
  }
  return std::nullopt;
}

Result<LoadLimits> limits_of(const fovea_model_options* given) {
  FOVEA_ASSIGN_OR_RETURN(const fovea_model_options options, read_struct(given, "options"));
  LoadLimits limits;
  if (options.max_file_bytes > 0) limits.max_file_bytes = options.max_file_bytes;
  FOVEA_ASSIGN_OR_RETURN(limits.scale, scale_of(options.scale));
  return limits;
}

Result<Model> open(const std::string& name, const LoadLimits& limits) {
  if (auto classical = classical_model(name)) return *std::move(classical);
  const auto load_built_in = [&](const FileBytes& bytes) {
    return load_model(bytes, "built-in " + name, limits);
  };
  if (const auto own = built_in_bytes(name)) return load_built_in(*own);
  auto members = family_members(built_in_bytes, name);
  if (members.empty()) return load_model(name, limits);
  return load_built_in(nearest_member(std::move(members), limits.scale));
}

Status keep(Result<Model> loaded, fovea_model** model) {
  if (!loaded) return tl::unexpected(std::move(loaded.error()));
  auto shared = std::make_shared<const Model>(std::move(*loaded));
  *model = new fovea_model{std::move(shared)};
  return {};
}

}  // namespace
}  // namespace fovea::c

using namespace fovea;

const char* fovea_version() { return FOVEA_VERSION; }

int fovea_abi_version() { return FOVEA_ABI_VERSION; }

const char* fovea_builtin_name(size_t index) try {
  // All of these are literals, which end in a zero.
  for (const std::string_view name : classical_model_names()) {
    if (index-- == 0) return name.data();
  }
  for (const OwnModel& own : own_models()) {
    if (!own.bytes.empty() && index-- == 0) return own.name.data();
  }
  return nullptr;
} catch (...) {
  return nullptr;
}

fovea_code fovea_model_open(const char* name_or_path, const fovea_model_options* options,
                            fovea_model** model, fovea_error* error) {
  return c::guarded(error, [&]() -> Status {
    FOVEA_TRY(c::check_pointer(name_or_path, "name_or_path"));
    FOVEA_TRY(c::check_pointer(model, "model"));
    FOVEA_ASSIGN_OR_RETURN(const LoadLimits limits, c::limits_of(options));
    return c::keep(c::open(name_or_path, limits), model);
  });
}

fovea_code fovea_model_open_memory(const void* bytes, size_t byte_count, const char* name,
                                   const fovea_model_options* options, fovea_model** model,
                                   fovea_error* error) {
  return c::guarded(error, [&]() -> Status {
    FOVEA_TRY(c::check_pointer(bytes, "bytes"));
    FOVEA_TRY(c::check_pointer(name, "name"));
    FOVEA_TRY(c::check_pointer(model, "model"));
    FOVEA_ASSIGN_OR_RETURN(const LoadLimits limits, c::limits_of(options));
    if (byte_count > limits.max_file_bytes)
      return fail(ErrorCode::kModel, "{}: is {} bytes, limit {}; raise max_file_bytes", name,
                  byte_count, limits.max_file_bytes);
    const std::shared_ptr<std::byte[]> copy(new std::byte[byte_count]);
    std::memcpy(copy.get(), bytes, byte_count);
    return c::keep(load_model(FileBytes{copy, byte_count}, name, limits), model);
  });
}

void fovea_model_close(fovea_model* model) { delete model; }

double fovea_model_scale(const fovea_model* model) {
  return model == nullptr ? 0 : model->model->scale.value();
}

const char* fovea_model_architecture(const fovea_model* model) {
  return model == nullptr ? "" : model->model->architecture.c_str();
}
