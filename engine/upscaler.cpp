#include "engine/upscaler.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <new>

#include "engine/arena.h"
#include "engine/available_memory.h"
#include "engine/colour.h"
#include "engine/finite.h"
#include "engine/network_chain.h"
#include "engine/picture_planes.h"
#include "engine/rounding.h"
#include "engine/session.h"

namespace fovea {
namespace {

// Leaves room for whoever else runs.
constexpr double kShareOfFreeMemory = 0.75;

// What a run takes beside everything that is counted: code that is read in when it is first called,
// and each thread's stack and rows.
constexpr int64_t kUncounted = int64_t{2} << 20;
constexpr int64_t kUncountedAThread = int64_t{256} << 10;

}  // namespace

struct Upscaler::State {
  std::vector<SharedModel> models;
  ColourMode colour;
  UpscalerOptions options;
  Scale scale;  // of the result
  std::unique_ptr<ThreadTeam> team;
  NetworkChain networks;
  std::optional<Session> chroma;  // beside a network on luma
  BackendMaker make_backend;
  std::unique_ptr<Upscaler> wider;  // the same in f32, once f16 has not held some picture's values

  // Whether the maps are in a type that f32 may be wide enough for where it is not.
  bool is_f16() const {
    return options.device == DeviceKind::kCuda &&
           (options.precision == Precision::kAuto || options.precision == Precision::kF16);
  }
  Status upscale(const Picture& picture, Picture& result, const Progress& progress,
                 UpscaleReport& told, int64_t beside_bytes, const PictureOptions& picture_options);
  Status check_filter(const Picture& picture) const;
  Result<Forecast> prepare(const Picture& picture, int64_t beside_bytes, bool filters);

  // What the sessions are prepared for.
  struct Prepared {
    Size size;
    int channels;
    int bit_depth;
    int64_t beside_bytes;
    bool filters;
    bool operator==(const Prepared&) const = default;
  };
  std::optional<Prepared> prepared_for;
  Forecast prepared;
};

// A filter sees the result as the file would show it.
Status Upscaler::State::check_filter(const Picture& picture) const {
  const bool takes_it_as_it_is = colour == ColourMode::kRgb || colour == ColourMode::kGray;
  if (!models.front()->undoes_jpeg || !takes_it_as_it_is || picture.has_alpha())
    return fail(ErrorCode::kUsage,
                "a filter for a network or a picture that is not of a JPEG file");
  return {};
}

Result<Forecast> Upscaler::State::prepare(const Picture& picture, int64_t beside_bytes,
                                          bool filters) {
  if (filters) FOVEA_TRY(check_filter(picture));
  const Prepared wanted{picture.size(), picture.channels(), picture.bit_depth(), beside_bytes,
                        filters};
  if (prepared_for == wanted) return prepared;
  prepared_for.reset();
  // Old arenas go first: what is measured is then without any.
  networks.release_arenas();
  if (chroma) chroma->release_arena();
  const int64_t resident = resident_memory();

  const Size input = picture.size();
  Forecast forecast;
  forecast.output = networks.output_size(input);
  int64_t held = resident + beside_bytes + kUncounted + kUncountedAThread * team->size();
  held +=
      forecast.output.area() * fovea::output_channels(colour, picture) * (picture.bit_depth() / 8);
  if (chroma && picture.colour_channels() == 3) {
    FOVEA_TRY(chroma->prepare(input, {options.band_height, 0, team->size()}));
    const int64_t luma_plane = forecast.output.area() * static_cast<int64_t>(sizeof(float));
    held += chroma->host_bytes() + luma_plane;
  }

  const int64_t free_share =
      static_cast<int64_t>(kShareOfFreeMemory * static_cast<double>(available_memory()));
  const bool is_set = options.memory_ceiling > 0;
  const int64_t ceiling = is_set ? options.memory_ceiling : resident + free_share;
  const int64_t room = std::max<int64_t>(1, ceiling - held - Arena::kRounding);
  const Status planned = networks.prepare(input, options.band_height, room,
                                          picture_row_type(colour, picture), filters);
  const int64_t peak_so_far = peak_memory();
  if (!planned || (is_set && peak_so_far > ceiling)) {
    if (!planned && (networks.is_on_device() || planned.error().code != ErrorCode::kMemory))
      return tl::unexpected(planned.error());
    FOVEA_ASSIGN_OR_RETURN(const int64_t least, networks.least_room(input, options.band_height));
    const int64_t needed = std::max(held + least + Arena::kRounding, peak_so_far);
    constexpr int64_t kMebibyte = int64_t{1} << 20;
    return fail(ErrorCode::kMemory, "{}x{} pixels take {} MiB at least (limit {} MiB); {}",
                input.width, input.height, ceil_divide(needed, kMebibyte), ceiling / kMebibyte,
                is_set ? "raise the limit or make the picture smaller"
                       : "free memory or make the picture smaller");
  }
  const Plan& plan = networks.plan();
  forecast.bands = plan.bands;
  forecast.band_height = plan.band_height;
  forecast.arena_bytes = networks.arena_bytes();
  forecast.peak_bytes = std::max(held + networks.host_bytes(), peak_so_far);
  prepared_for = wanted;
  prepared = forecast;
  return forecast;
}

namespace {

// A kernel may take a NaN for a number (the larger of it and 0 is 0): what is none must not go in.
Status check_finite(const Picture& picture, ThreadTeam& team) {
  if (picture.bit_depth() != 32) return {};
  std::atomic<int64_t> bad_row{-1};
  team.run(picture.height(), [&](int64_t y, int) {
    const int64_t samples = picture.width() * picture.channels();
    std::vector<float> row(static_cast<size_t>(samples));
    picture.load_row(y, 0, picture.channels(), row.data());
    if (!all_finite(row.data(), samples)) bad_row = y;
  });
  if (bad_row < 0) return {};
  return fail(ErrorCode::kPicture, "row {} of the picture holds a NaN or an infinity; give numbers",
              bad_row.load());
}

}  // namespace

void UpscaleReport::take(const Forecast& forecast) {
  output = forecast.output;
  arena_bytes = forecast.arena_bytes;
  bands = forecast.bands;
  band_height = forecast.band_height;
  foreseen_bytes = forecast.peak_bytes;
}

Upscaler::Upscaler(std::unique_ptr<State> state) : state_(std::move(state)) {}
Upscaler::Upscaler(Upscaler&&) noexcept = default;
Upscaler& Upscaler::operator=(Upscaler&&) noexcept = default;
Upscaler::~Upscaler() = default;

Result<Upscaler> Upscaler::create(SharedModel model, const UpscalerOptions& options) {
  return create(std::vector<SharedModel>{std::move(model)}, options);
}

Result<Upscaler> Upscaler::create(std::vector<SharedModel> chain, const UpscalerOptions& options) {
  const auto make = [device = options.device, index = options.device_index](Precision precision) {
    return fovea::make_backend(device, precision, index);
  };
  return create(std::move(chain), options, make);
}

Result<Upscaler> Upscaler::create(SharedModel model, const UpscalerOptions& options,
                                  BackendMaker make_backend) {
  return create(std::vector<SharedModel>{std::move(model)}, options, std::move(make_backend));
}

Result<Upscaler> Upscaler::create(std::vector<SharedModel> chain, const UpscalerOptions& options,
                                  BackendMaker make_backend) {
  if (chain.empty()) return fail(ErrorCode::kUsage, "a chain of no networks; name one");
  FOVEA_ASSIGN_OR_RETURN(chain, with_scales(std::move(chain), options.scale));
  FOVEA_ASSIGN_OR_RETURN(const ColourMode colour, chain_colour(chain));
  FOVEA_ASSIGN_OR_RETURN(const Scale own_scale, chain_scale(chain));
  const Scale scale = options.scale.value_or(own_scale);
  FOVEA_ASSIGN_OR_RETURN(const Scale rest, divide(scale, own_scale));
  FOVEA_ASSIGN_OR_RETURN(const auto backend, make_backend(options.precision));
  const int threads = options.threads > 0 ? options.threads : available_cores();
  auto team = std::make_unique<ThreadTeam>(threads);

  // Between networks values are f32: one graph of them keeps that where its maps are f32.
  const bool join = options.device != DeviceKind::kCuda || options.precision == Precision::kF32;
  FOVEA_ASSIGN_OR_RETURN(NetworkChain networks,
                         NetworkChain::create(chain, rest, join, *backend, *team));
  std::optional<Session> chroma;
  if (colour == ColourMode::kLuma || colour == ColourMode::kGray) {
    FOVEA_ASSIGN_OR_RETURN(const Graph graph_of_chroma, resize_graph(2, scale));
    FOVEA_ASSIGN_OR_RETURN(chroma, Session::create(graph_of_chroma, *backend, *team));
  }
  auto state = std::unique_ptr<State>(new State{std::move(chain),
                                                colour,
                                                options,
                                                scale,
                                                std::move(team),
                                                std::move(networks),
                                                std::move(chroma),
                                                std::move(make_backend),
                                                {},
                                                {},
                                                {}});
  return Upscaler(std::move(state));
}

Result<Forecast> Upscaler::forecast(const Picture& picture, int64_t beside_bytes,
                                    const PictureOptions& options) {
  FOVEA_TRY(state_->networks.numbers(options.told));
  return state_->prepare(picture, beside_bytes, static_cast<bool>(options.filter));
}

Result<Picture> Upscaler::upscale(const Picture& picture, const Progress& progress,
                                  UpscaleReport* report, int64_t beside_bytes,
                                  const PictureOptions& options) {
  // First, so that what is too large is refused by what it takes.
  FOVEA_ASSIGN_OR_RETURN(const Forecast foreseen, forecast(picture, beside_bytes, options));
  FOVEA_ASSIGN_OR_RETURN(Picture result, Picture::create(foreseen.output, output_channels(picture),
                                                         picture.bit_depth()));
  FOVEA_TRY(upscale_into(picture, result, progress, report, beside_bytes, options));
  return result;
}

Status Upscaler::upscale_into(const Picture& picture, Picture& result, const Progress& progress,
                              UpscaleReport* report, int64_t beside_bytes,
                              const PictureOptions& options) {
  UpscaleReport local;
  UpscaleReport& told = report != nullptr ? *report : local;
  Status status = state_->upscale(picture, result, progress, told, beside_bytes, options);
  if (status || status.error().code != ErrorCode::kNumeric || !state_->is_f16()) return status;
  if (state_->wider == nullptr) {
    UpscalerOptions in_f32 = state_->options;
    in_f32.precision = Precision::kF32;
    // Its models already have the scale of a network that enlarges first.
    FOVEA_ASSIGN_OR_RETURN(Upscaler wider, create(state_->models, in_f32, state_->make_backend));
    state_->wider = std::make_unique<Upscaler>(std::move(wider));
  }
  status = state_->wider->upscale_into(picture, result, progress, &told, beside_bytes, options);
  told.redone = true;
  return status;
}

Status Upscaler::State::upscale(const Picture& picture, Picture& result, const Progress& progress,
                                UpscaleReport& told, int64_t beside_bytes,
                                const PictureOptions& picture_options) {
  told = {};
  ChainOptions chain_options;
  FOVEA_ASSIGN_OR_RETURN(chain_options.numbers, networks.numbers(picture_options.told));
  const bool filters = static_cast<bool>(picture_options.filter);
  if (filters) chain_options.filter = &picture_options.filter;
  FOVEA_ASSIGN_OR_RETURN(const Forecast forecast, prepare(picture, beside_bytes, filters));
  told.take(forecast);
  const ColourMode mode = colour;
  const int channels = fovea::output_channels(mode, picture);
  if (result.size() != told.output || result.channels() != channels ||
      result.bit_depth() != picture.bit_depth())
    return fail(ErrorCode::kUsage,
                "a result of {} x {}, {} channels of {} bits where {} x {}, {} of {} are wanted",
                result.width(), result.height(), result.channels(), result.bit_depth(),
                told.output.width, told.output.height, channels, picture.bit_depth());

  FOVEA_TRY(check_finite(picture, *team));

  const std::vector<PlaneJob> jobs = plane_jobs(mode, picture, result);
  size_t number = 0;
  for (const PlaneJob& job : jobs) {
    // The jobs of one picture are of about equal work, but for chroma, which is next to none.
    const Progress share = [&](double done) {
      return !progress ||
             progress((static_cast<double>(number) + done) / static_cast<double>(jobs.size()));
    };
    if (job.is_chroma) {
      FOVEA_TRY(run_rows(*chroma, *team, job.reader, job.writer, {}, share, told));
    } else {
      FOVEA_TRY(networks.run(job.reader, job.writer, chain_options, share, told));
    }
    ++number;
  }
  fill_constant_alpha(picture, result);
  return {};
}

Size Upscaler::output_size(Size input) const { return state_->networks.output_size(input); }

int Upscaler::output_channels(const Picture& picture) const {
  return fovea::output_channels(state_->colour, picture);
}

Scale Upscaler::scale() const { return state_->scale; }

ThreadTeam& Upscaler::team() { return *state_->team; }

}  // namespace fovea
