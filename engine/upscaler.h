// Upscaler: picture in, picture out. The one place that knows colour, alpha and padding.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/backend.h"
#include "engine/model_chain.h"
#include "engine/picture.h"
#include "engine/progress.h"
#include "engine/result_filter.h"
#include "engine/session.h"

namespace fovea {

struct UpscalerOptions {
  DeviceKind device = DeviceKind::kReference;
  int device_index = 0;  ///< among those of its kind
  Precision precision = Precision::kAuto;
  int threads = 0;  ///< 0 = one for each core this process may use
  std::optional<Scale>
      scale;  ///< of the output; the network runs at its own, then the result is resized
  int64_t band_height = 0;  ///< input rows a band; 0 = automatic; never changes a pixel
  /// Bytes that the whole process may hold at any time: pictures, weights, feature maps and the
  /// rest; 0 = what is free.
  int64_t memory_ceiling = 0;
};

/// What differs from picture to picture.
struct PictureOptions {
  /// Numbers for networks that want them, by Condition::name; each else gets its usual one.
  std::map<std::string, double> told;

  /// Applied to what the first network gives, where that undoes_jpeg and takes the picture's
  /// colours, or its gray, as they are: before the next one and before anything is rounded.
  ResultFilter filter;
};

/// How a picture will be run, and what that takes.
struct Forecast {
  Size output;
  int64_t bands = 0;
  int64_t band_height = 0;
  int64_t arena_bytes = 0;  ///< feature maps
  int64_t peak_bytes = 0;   ///< the most that the process will have held when the picture is done
};

/// What one picture took.
struct UpscaleReport {
  Size output;
  double network_ms = 0;    ///< in the engine, without decoding and encoding
  int64_t arena_bytes = 0;  ///< feature maps, as planned
  int64_t bands = 0;
  int64_t band_height = 0;
  int64_t foreseen_bytes = 0;        ///< Forecast::peak_bytes
  bool redone = false;               ///< in f32, since f16 did not hold the network's values
  std::vector<StepTime> step_times;  ///< by operator, in the order in which they first run

  void take(const Forecast& forecast);
};

/// The backend for a precision, as often as it is asked.
using BackendMaker = std::function<Result<std::unique_ptr<Backend>>(Precision)>;

/// A session: owns its threads, its arena and what the backend prepared; the Model is shared. Used
/// by one thread at a time; several Upscalers may run side by side.
class Upscaler {
 public:
  /// kUsage when the model needs a scale and none was given; kDevice when the device is not there.
  static Result<Upscaler> create(SharedModel model, const UpscalerOptions& options);

  /// A chain: each network takes what the one before it gives, in f32, neither clamped nor rounded
  /// in between. The scale is the product of theirs. kUsage when they do not fit (chain_colour,
  /// with_scales).
  static Result<Upscaler> create(std::vector<SharedModel> chain, const UpscalerOptions& options);

  /// The same on backends of `make_backend`, which stand for options.device.
  static Result<Upscaler> create(SharedModel model, const UpscalerOptions& options,
                                 BackendMaker make_backend);
  static Result<Upscaler> create(std::vector<SharedModel> chain, const UpscalerOptions& options,
                                 BackendMaker make_backend);

  Upscaler(Upscaler&&) noexcept;
  Upscaler& operator=(Upscaler&&) noexcept;
  ~Upscaler();

  /// What upscale() would do with the same arguments, without doing it. The one place where memory
  /// is reckoned up: what the process holds now (measured: weights, the decoded picture, code), the
  /// result, the feature maps, and `beside_bytes`, which the caller will take for itself while the
  /// result is there, to encode it. kMemory, naming the least ceiling that would do, when that is
  /// over the ceiling with even the lowest bands.
  Result<Forecast> forecast(const Picture& picture, int64_t beside_bytes = 0,
                            const PictureOptions& options = {});

  /// The picture enlarged, with its channels and bit depth kept. What does not fit into f16 is
  /// computed once more, all of it, in f32. kPicture for a picture of floats that holds a NaN or an
  /// infinity, kNumeric when the network's output still holds a NaN or
  /// an infinity, kCancelled when `progress` said so, else what forecast() says. kUsage, in both,
  /// for a number out of range, for one that a network wants and nobody tells, and for a filter
  /// that does not suit the networks or the picture.
  Result<Picture> upscale(const Picture& picture, const Progress& progress = {},
                          UpscaleReport* report = nullptr, int64_t beside_bytes = 0,
                          const PictureOptions& options = {});

  /// The same into `result`, a picture of output_size(), output_channels() and the bit depth of
  /// `picture`: kUsage where it is not. After a failure its samples are of no use.
  Status upscale_into(const Picture& picture, Picture& result, const Progress& progress = {},
                      UpscaleReport* report = nullptr, int64_t beside_bytes = 0,
                      const PictureOptions& options = {});

  /// The size the result will have.
  Size output_size(Size input) const;

  /// The channels the result will have.
  int output_channels(const Picture& picture) const;

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
