// fovea as C++17 or newer: fovea.h with handles that close themselves and failures that are thrown.
// What is said there of models, upscalers, threads and pictures holds here. A header alone: link
// what fovea.h links.
//
//   fovea::Upscaler upscaler(fovea::Model("standard"));
//   fovea::Pixels large = upscaler.upscale({640, 480, 3, FOVEA_U8}, pixels);
#ifndef FOVEA_HPP
#define FOVEA_HPP

#include <fovea.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace fovea {
// Names of their own: the engine, which may be in the same program, has classes called so too.
inline namespace api0 {

class Error : public std::runtime_error {
 public:
  explicit Error(const fovea_error& error) : std::runtime_error(error.message), code_(error.code) {}
  fovea_code code() const noexcept { return code_; }

 private:
  fovea_code code_;
};

namespace detail {

/// Calls a function of fovea.h, whose last argument takes the error.
template <class Function, class... Arguments>
void check(Function function, Arguments... arguments) {
  fovea_error error;
  if (function(arguments..., &error) != FOVEA_OK) throw Error(error);
}

struct Close {
  void operator()(fovea_model* model) const noexcept { fovea_model_close(model); }
  void operator()(fovea_upscaler* upscaler) const noexcept { fovea_upscaler_destroy(upscaler); }
};

}  // namespace detail

/// Options with nothing but what is usual.
inline fovea_model_options model_options() { return FOVEA_MODEL_OPTIONS_INIT; }
inline fovea_upscaler_options upscaler_options() { return FOVEA_UPSCALER_OPTIONS_INIT; }

/// Shared by as many upscalers and threads as one likes.
class Model {
 public:
  explicit Model(const std::string& name_or_path,
                 const fovea_model_options& options = model_options()) {
    fovea_model* model = nullptr;
    detail::check(fovea_model_open, name_or_path.c_str(), &options, &model);
    handle_.reset(model);
  }

  /// Of a file in memory; the bytes are copied.
  Model(const void* bytes, std::size_t byte_count, const std::string& name,
        const fovea_model_options& options = model_options()) {
    fovea_model* model = nullptr;
    detail::check(fovea_model_open_memory, bytes, byte_count, name.c_str(), &options, &model);
    handle_.reset(model);
  }

  double scale() const noexcept { return fovea_model_scale(get()); }
  std::string architecture() const { return fovea_model_architecture(get()); }
  fovea_model* get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<fovea_model, detail::Close> handle_;
};

/// A picture's samples without gaps, as bytes.
struct Pixels {
  fovea_shape shape;
  std::vector<unsigned char> bytes;
};

/// Told the share of the work that is done; returns whether to go on. What it throws comes out of
/// upscale().
using Progress = std::function<bool(double done)>;

/// Used by one thread at a time.
class Upscaler {
 public:
  explicit Upscaler(const Model& model,
                    const fovea_upscaler_options& options = upscaler_options()) {
    fovea_upscaler* upscaler = nullptr;
    detail::check(fovea_upscaler_create, model.get(), &options, &upscaler);
    handle_.reset(upscaler);
  }

  /// Models one behind the other.
  explicit Upscaler(const std::vector<const Model*>& chain,
                    const fovea_upscaler_options& options = upscaler_options()) {
    std::vector<fovea_model*> models;
    for (const Model* model : chain) models.push_back(model->get());
    fovea_upscaler* upscaler = nullptr;
    detail::check(fovea_upscaler_create_chain, models.data(), models.size(), &options, &upscaler);
    handle_.reset(upscaler);
  }

  /// The form of the result.
  fovea_shape output(const fovea_shape& input) const {
    fovea_shape shape;
    detail::check(fovea_upscaler_output, get(), &input, &shape);
    return shape;
  }

  fovea_plan plan(const fovea_shape& input, const std::vector<fovea_number>& numbers = {}) const {
    fovea_plan plan = FOVEA_PLAN_INIT;
    fovea_run_options options = FOVEA_RUN_OPTIONS_INIT;
    options.numbers = numbers.data();
    options.number_count = numbers.size();
    detail::check(fovea_upscaler_plan, get(), &input, &options, &plan);
    return plan;
  }

  /// Into a buffer of the caller's; a stride of 0 is that of rows without gaps.
  void upscale(const fovea_shape& input, const void* pixels, std::size_t stride, void* result,
               std::size_t result_stride, const Progress& progress = {},
               const std::vector<fovea_number>& numbers = {}) {
    struct Call {
      const Progress& progress;
      std::exception_ptr thrown{};
    } call{progress};
    fovea_run_options options = FOVEA_RUN_OPTIONS_INIT;
    options.user = &call;
    options.numbers = numbers.data();
    options.number_count = numbers.size();
    // No exception may pass through the library.
    if (progress)
      options.progress = [](void* user, double done) noexcept {
        Call& mine = *static_cast<Call*>(user);
        try {
          return mine.progress(done) ? 0 : 1;
        } catch (...) {
          mine.thrown = std::current_exception();
          return 1;
        }
      };
    fovea_error error;
    const fovea_code code =
        fovea_upscale(get(), &input, pixels, stride, result, result_stride, &options, &error);
    if (call.thrown) std::rethrow_exception(call.thrown);
    if (code != FOVEA_OK) throw Error(error);
  }

  /// Into a buffer of its own, from rows without gaps.
  Pixels upscale(const fovea_shape& input, const void* pixels, const Progress& progress = {},
                 const std::vector<fovea_number>& numbers = {}) {
    const fovea_shape shape = output(input);
    const auto bytes = static_cast<std::size_t>(shape.width) *
                       static_cast<std::size_t>(shape.height) *
                       static_cast<std::size_t>(shape.channels * static_cast<int>(shape.sample));
    Pixels result{shape, std::vector<unsigned char>(bytes)};
    upscale(input, pixels, 0, result.bytes.data(), 0, progress, numbers);
    return result;
  }

  fovea_report report() const {
    fovea_report report = FOVEA_REPORT_INIT;
    detail::check(fovea_upscaler_report, get(), &report);
    return report;
  }

  fovea_upscaler* get() const noexcept { return handle_.get(); }

 private:
  std::unique_ptr<fovea_upscaler, detail::Close> handle_;
};

}  // namespace api0
}  // namespace fovea

#endif  // FOVEA_HPP
