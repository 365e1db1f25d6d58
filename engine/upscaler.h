// Upscaler: picture in, picture out. The one place that knows colour, alpha and padding.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/backend.h"
#include "engine/model.h"
#include "engine/picture.h"
#include "engine/progress.h"
#include "engine/session.h"

namespace fovea {

struct UpscalerOptions {
  DeviceKind device = DeviceKind::kReference;
  int threads = 0;  ///< 0 = one for each core this process may use
  std::optional<Scale>
      scale;  ///< of the output; the network runs at its own, then the result is resized
  int64_t band_height = 0;     ///< input rows a band; 0 = automatic; never changes a pixel
  int64_t memory_ceiling = 0;  ///< bytes for the feature maps; 0 = what is free
};

/// What one picture took.
struct UpscaleReport {
  Size output;
  double network_ms = 0;    ///< in the engine, without decoding and encoding
  int64_t arena_bytes = 0;  ///< feature maps, as planned
  int64_t bands = 0;
  int64_t band_height = 0;
  std::vector<StepTime> step_times;  ///< by operator, in the order in which they first run
};

/// A session: owns its threads, its arena and what the backend prepared; the Model is shared. Used
/// by one thread at a time; several Upscalers may run side by side.
class Upscaler {
 public:
  /// kUsage when the model needs a scale and none was given; kDevice when the device is not there.
  static Result<Upscaler> create(std::shared_ptr<const Model> model,
                                 const UpscalerOptions& options);

  Upscaler(Upscaler&&) noexcept;
  Upscaler& operator=(Upscaler&&) noexcept;
  ~Upscaler();

  /// The picture enlarged, with its channels and bit depth kept. kNumeric when the network's output
  /// holds a NaN or an infinity, kMemory when even one-row bands do not fit, kCancelled when
  /// `progress` said so.
  Result<Picture> upscale(const Picture& picture, const Progress& progress = {},
                          UpscaleReport* report = nullptr);

  /// The size the result will have.
  Size output_size(Size input) const;

  /// The output's scale.
  Scale scale() const;

  /// Its threads, for other work while no picture runs.
  ThreadTeam& team();

 private:
  struct State;
  explicit Upscaler(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace fovea
