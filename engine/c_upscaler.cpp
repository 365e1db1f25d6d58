// fovea.h: upscalers and pictures.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/c_boundary.h"
#include "engine/c_model.h"
#include "engine/c_scale.h"
#include "engine/upscaler.h"

struct fovea_upscaler {
  fovea_upscaler(fovea::Upscaler made, std::vector<fovea::SharedModel> chain)
      : upscaler(std::move(made)), models(std::move(chain)) {}

  fovea::Upscaler upscaler;
  std::vector<fovea::SharedModel> models;
  std::optional<fovea_report> report;  // of the last picture
  std::atomic<bool> is_used{false};
};

namespace fovea::c {
namespace {

Result<DeviceKind> device_of(fovea_device device) {
  switch (static_cast<int>(device)) {
    case FOVEA_DEVICE_AUTO:
    case FOVEA_DEVICE_CPU:
      return DeviceKind::kCpu;
    case FOVEA_DEVICE_REFERENCE:
      return DeviceKind::kReference;
    case FOVEA_DEVICE_CUDA:
      return DeviceKind::kCuda;
    default:
      return fail(ErrorCode::kUsage, "options: device {} is not known; use FOVEA_DEVICE_AUTO",
                  static_cast<int>(device));
  }
}

Result<Precision> precision_of(fovea_precision precision) {
  switch (static_cast<int>(precision)) {
    case FOVEA_PRECISION_AUTO:
      return Precision::kAuto;
    case FOVEA_PRECISION_F32:
      return Precision::kF32;
    case FOVEA_PRECISION_F16:
      return Precision::kF16;
    case FOVEA_PRECISION_BF16:
      return Precision::kBf16;
    default:
      return fail(ErrorCode::kUsage, "options: precision {} is not known; use FOVEA_PRECISION_AUTO",
                  static_cast<int>(precision));
  }
}

Status check_from_zero(int64_t value, std::string_view name) {
  if (value >= 0) return {};
  return fail(ErrorCode::kUsage, "options: {} is {}; give 0 or more", name, value);
}

Result<UpscalerOptions> options_of(const fovea_upscaler_options* given) {
  FOVEA_ASSIGN_OR_RETURN(const fovea_upscaler_options read, read_struct(given, "options"));
  FOVEA_TRY(check_from_zero(read.device_index, "device_index"));
  FOVEA_TRY(check_from_zero(read.threads, "threads"));
  FOVEA_TRY(check_from_zero(read.band_height, "band_height"));
  FOVEA_TRY(check_from_zero(read.memory_ceiling, "memory_ceiling"));
  UpscalerOptions options;
  FOVEA_ASSIGN_OR_RETURN(options.device, device_of(read.device));
  FOVEA_ASSIGN_OR_RETURN(options.precision, precision_of(read.precision));
  FOVEA_ASSIGN_OR_RETURN(options.scale, scale_of(read.scale));
  options.device_index = read.device_index;
  options.threads = read.threads;
  options.band_height = read.band_height;
  options.memory_ceiling = read.memory_ceiling;
  return options;
}

Status create(const fovea_model* const* models, size_t count, const fovea_upscaler_options* given,
              fovea_upscaler** upscaler) {
  FOVEA_TRY(check_pointer(upscaler, "upscaler"));
  std::vector<SharedModel> chain;
  for (size_t i = 0; i < count; ++i) {
    FOVEA_TRY(check_pointer(models[i], "model"));
    chain.push_back(models[i]->model);
  }
  FOVEA_ASSIGN_OR_RETURN(const UpscalerOptions options, options_of(given));
  FOVEA_ASSIGN_OR_RETURN(Upscaler made, Upscaler::create(chain, options));
  *upscaler = new fovea_upscaler(std::move(made), std::move(chain));
  return {};
}

// What keeps every product of sizes, channels and scales within 64 bits.
constexpr int64_t kLargestSide = int64_t{1} << 20;
constexpr int64_t kMostPixels = int64_t{1} << 36;

Status check_limits(int64_t width, int64_t height) {
  if (std::max(width, height) <= kLargestSide && width * height <= kMostPixels) return {};
  return fail(ErrorCode::kPicture, "{} x {} pixels (limits: sides of {}, {} pixels)", width, height,
              kLargestSide, kMostPixels);
}

// A caller's samples as a picture. Those of an input are only read: pictures know no other pointer.
Result<Picture> picture_over(const fovea_shape& shape, const void* samples, size_t stride,
                             std::string_view name) {
  const int bytes = static_cast<int>(shape.sample);
  if (bytes != FOVEA_U8 && bytes != FOVEA_U16 && bytes != FOVEA_F32)
    return fail(ErrorCode::kUsage, "{}: sample {} is not known; use FOVEA_U8, FOVEA_U16, FOVEA_F32",
                name, bytes);
  if (stride > static_cast<size_t>(INT64_MAX))
    return fail(ErrorCode::kUsage, "{}: a stride of {} bytes; give less", name, stride);
  auto picture = Picture::over(const_cast<void*>(samples), static_cast<int64_t>(stride),
                               {shape.height, shape.width}, shape.channels, 8 * bytes);
  if (!picture) return fail_in(std::string(name), std::move(picture.error()));
  return picture;
}

Result<Picture> input_over(const fovea_shape& shape, const void* pixels, size_t stride) {
  FOVEA_TRY(check_limits(shape.width, shape.height));
  return picture_over(shape, pixels, stride, "input");
}

// The form alone: for what asks for nothing else.
Result<Picture> form_of(const fovea_shape* shape) {
  FOVEA_TRY(check_pointer(shape, "input"));
  return input_over(*shape, nullptr, 0);
}

fovea_shape shape_of_result(const Upscaler& upscaler, const Picture& input, fovea_sample sample) {
  const Size size = upscaler.output_size(input.size());
  return {size.width, size.height, upscaler.output_channels(input), sample};
}

Status check_apart(const Picture& input, const Picture& result) {
  const auto begin = [](const Picture& picture) {
    return reinterpret_cast<uintptr_t>(picture.row_bytes(0));
  };
  const auto end = [](const Picture& picture) {
    return reinterpret_cast<uintptr_t>(picture.row_bytes(picture.height() - 1)) +
           static_cast<uintptr_t>(picture.row_byte_count());
  };
  if (end(input) <= begin(result) || end(result) <= begin(input)) return {};
  return fail(ErrorCode::kUsage, "result: overlaps the input; give a buffer of its own");
}

Result<PictureOptions> told_of(const fovea_upscaler& upscaler, const fovea_run_options& options) {
  PictureOptions told;
  if (options.number_count > 0) FOVEA_TRY(check_pointer(options.numbers, "options: numbers"));
  for (size_t i = 0; i < options.number_count; ++i) {
    const fovea_number& number = options.numbers[i];
    FOVEA_TRY(check_pointer(number.name, "options: a number's name"));
    const auto takes = [&](const SharedModel& model) {
      return model->condition && model->condition->name == number.name;
    };
    if (std::none_of(upscaler.models.begin(), upscaler.models.end(), takes))
      return fail(ErrorCode::kUsage, "options: no model here is told {}; leave it out",
                  number.name);
    told.told[number.name] = number.value;
  }
  return told;
}

Status run(fovea_upscaler& upscaler, const fovea_shape* shape, const void* pixels, size_t stride,
           void* buffer, size_t buffer_stride, const fovea_run_options* given) {
  FOVEA_TRY(check_pointer(shape, "input"));
  FOVEA_TRY(check_pointer(pixels, "pixels"));
  FOVEA_TRY(check_pointer(buffer, "result"));
  FOVEA_ASSIGN_OR_RETURN(const fovea_run_options options, read_struct(given, "options"));
  FOVEA_ASSIGN_OR_RETURN(const Picture input, input_over(*shape, pixels, stride));
  const fovea_shape wanted = shape_of_result(upscaler.upscaler, input, shape->sample);
  FOVEA_ASSIGN_OR_RETURN(Picture result, picture_over(wanted, buffer, buffer_stride, "result"));
  FOVEA_TRY(check_apart(input, result));
  FOVEA_ASSIGN_OR_RETURN(const PictureOptions told, told_of(upscaler, options));
  Progress progress;
  if (options.progress != nullptr)
    progress = [&](double done) { return options.progress(options.user, done) == 0; };
  UpscaleReport report;
  FOVEA_TRY(upscaler.upscaler.upscale_into(input, result, progress, &report, 0, told));
  upscaler.report = {sizeof(fovea_report), report.network_ms, report.bands, report.redone ? 1 : 0};
  return {};
}

// While one lives nobody else gets one of the same upscaler.
class Use {
 public:
  explicit Use(fovea_upscaler& upscaler)
      : upscaler_(upscaler), is_granted_(!upscaler.is_used.exchange(true)) {}
  ~Use() {
    if (is_granted_) upscaler_.is_used = false;
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

  bool is_granted() const { return is_granted_; }

 private:
  fovea_upscaler& upscaler_;
  bool is_granted_;
};

// guarded(), for what only one thread at a time may do with an upscaler.
template <class Body>
fovea_code guarded_use(fovea_upscaler* upscaler, fovea_error* error, Body body) noexcept {
  return guarded(error, [&]() -> Status {
    FOVEA_TRY(check_pointer(upscaler, "upscaler"));
    const Use use(*upscaler);
    if (!use.is_granted())
      return fail(ErrorCode::kUsage, "upscaler: is being used; give each thread one of its own");
    return body();
  });
}

}  // namespace
}  // namespace fovea::c

using namespace fovea;

fovea_code fovea_upscaler_create(const fovea_model* model, const fovea_upscaler_options* options,
                                 fovea_upscaler** upscaler, fovea_error* error) {
  return c::guarded(error, [&] { return c::create(&model, 1, options, upscaler); });
}

fovea_code fovea_upscaler_create_chain(fovea_model* const* models, size_t model_count,
                                       const fovea_upscaler_options* options,
                                       fovea_upscaler** upscaler, fovea_error* error) {
  return c::guarded(error, [&]() -> Status {
    FOVEA_TRY(c::check_pointer(models, "models"));
    return c::create(models, model_count, options, upscaler);
  });
}

void fovea_upscaler_destroy(fovea_upscaler* upscaler) { delete upscaler; }

fovea_code fovea_upscaler_output(fovea_upscaler* upscaler, const fovea_shape* input,
                                 fovea_shape* output, fovea_error* error) {
  return c::guarded_use(upscaler, error, [&]() -> Status {
    FOVEA_TRY(c::check_pointer(output, "output"));
    FOVEA_ASSIGN_OR_RETURN(const Picture form, c::form_of(input));
    *output = c::shape_of_result(upscaler->upscaler, form, input->sample);
    return {};
  });
}

fovea_code fovea_upscaler_plan(fovea_upscaler* upscaler, const fovea_shape* input,
                               const fovea_run_options* options, fovea_plan* plan,
                               fovea_error* error) {
  return c::guarded_use(upscaler, error, [&]() -> Status {
    FOVEA_TRY(c::check_pointer(plan, "plan"));
    FOVEA_TRY(c::read_struct(plan, "plan"));
    FOVEA_ASSIGN_OR_RETURN(const Picture form, c::form_of(input));
    FOVEA_ASSIGN_OR_RETURN(const fovea_run_options run, c::read_struct(options, "options"));
    FOVEA_ASSIGN_OR_RETURN(const PictureOptions told, c::told_of(*upscaler, run));
    FOVEA_ASSIGN_OR_RETURN(const Forecast forecast, upscaler->upscaler.forecast(form, 0, told));
    c::write_struct<fovea_plan>(
        {0, c::shape_of_result(upscaler->upscaler, form, input->sample), forecast.bands,
         forecast.band_height, forecast.arena_bytes, forecast.peak_bytes},
        *plan);
    return {};
  });
}

fovea_code fovea_upscale(fovea_upscaler* upscaler, const fovea_shape* input, const void* pixels,
                         size_t stride, void* result, size_t result_stride,
                         const fovea_run_options* options, fovea_error* error) {
  return c::guarded_use(upscaler, error, [&] {
    return c::run(*upscaler, input, pixels, stride, result, result_stride, options);
  });
}

fovea_code fovea_upscaler_report(fovea_upscaler* upscaler, fovea_report* report,
                                 fovea_error* error) {
  return c::guarded_use(upscaler, error, [&]() -> Status {
    FOVEA_TRY(c::check_pointer(report, "report"));
    FOVEA_TRY(c::read_struct(report, "report"));
    if (!upscaler->report)
      return fail(ErrorCode::kUsage, "upscaler: has done no picture yet; upscale one first");
    c::write_struct(*upscaler->report, *report);
    return {};
  });
}
