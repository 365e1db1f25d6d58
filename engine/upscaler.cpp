#include "engine/upscaler.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <new>

#include "engine/arena.h"
#include "engine/available_memory.h"
#include "engine/colour.h"
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

// The result where the network's scale is not the one asked for: bicubic, antialiased when
// shrinking.
Resize resize_by(Scale scale) { return {ResizeFilter::kBicubic, scale, -0.5, true}; }

Result<Graph> resize_graph(int64_t channels, Scale scale) {
  Graph graph;
  const ValueId input = graph.add_input(channels);
  FOVEA_TRY(graph.add(resize_by(scale), {input}, "resize"));
  return graph;
}

// Row (or column) `index` of a map of `length` rows continued by reflection without repeating the
// border, as numpy.pad(mode="reflect") does; a map of one row is continued by that row.
int64_t reflect(int64_t index, int64_t length) {
  if (length == 1) return 0;
  const int64_t period = 2 * (length - 1);
  const int64_t folded = index % period;
  return folded < length ? folded : period - folded;
}

// A row of `map`'s pixels from one stride to another, times `factor`.
void copy_pixels(const float* from, int64_t from_stride, float* to, int64_t to_stride,
                 const ConstTensorView& map, float factor) {
  for (int64_t x = 0; x < map.width; ++x, from += from_stride, to += to_stride) {
    for (int64_t c = 0; c < map.channels; ++c) to[c] = from[c] * factor;
  }
}

bool all_finite(const float* values, int64_t count) {
  // Finite values have exponents below 255. Unlike sums of floats, integers may be taken several at
  // a time.
  int32_t largest = 0;
  for (int64_t i = 0; i < count; ++i)
    largest = std::max(largest, std::bit_cast<int32_t>(values[i]) & 0x7fffffff);
  return largest < 0x7f800000;
}

}  // namespace

struct Upscaler::State {
  std::shared_ptr<const Model> model;
  UpscalerOptions options;
  Scale scale;  // of the result
  std::unique_ptr<ThreadTeam> team;
  Session network;  // with the resize that follows it, where nothing is cropped in between
  std::optional<Session> resize;  // behind the crop of a padded network
  std::optional<Session> chroma;  // beside a network on luma
  BackendMaker make_backend;
  std::unique_ptr<Upscaler> wider;  // the same in f32, once f16 has not held some picture's values

  // Whether the maps are in a type that f32 may be wide enough for where it is not.
  bool is_f16() const {
    return options.device == DeviceKind::kCuda &&
           (options.precision == Precision::kAuto || options.precision == Precision::kF16);
  }
  Result<Picture> upscale(const Picture& picture, const Progress& progress, UpscaleReport& told,
                          int64_t beside_bytes);
  int64_t channels_in() const { return network.graph().value(network.graph().input()).channels; }

  Status run(Size input, const RowReader& reader, const RowWriter& writer, const Progress& progress,
             UpscaleReport& report);
  Status run_padded(Size input, const RowReader& reader, const RowWriter& writer,
                    const Progress& progress, UpscaleReport& report);
  Status run_session(Session& session, const RowReader& reader, const RowWriter& writer,
                     float range, const Progress& progress, UpscaleReport& report);
  Result<Forecast> prepare(const Picture& picture, int64_t beside_bytes);
  Result<int64_t> least_arena(Size input);
  Size padded(Size input) const {
    return {round_up(input.height, model->padding_multiple),
            round_up(input.width, model->padding_multiple)};
  }
  // Of the network's own result, before a resize behind the crop.
  Size between(Size input) const {
    return {scaled_length(input.height, model->scale), scaled_length(input.width, model->scale)};
  }
  int64_t between_floats(Size input) const {
    return between(input).area() * resize->graph().value(resize->graph().input()).channels;
  }

  // What the sessions are prepared for.
  struct Prepared {
    Size size;
    int channels;
    int bit_depth;
    int64_t beside_bytes;
    bool operator==(const Prepared&) const = default;
  };
  std::optional<Prepared> prepared_for;
  Forecast prepared;
};

// The arena of the lowest bands, or of the ones asked for.
Result<int64_t> Upscaler::State::least_arena(Size input) {
  int64_t least = 0;
  for (const int64_t band : {options.band_height > 0 ? options.band_height : 1, input.height}) {
    FOVEA_TRY(network.prepare(input, {band, 0, team->size()}));
    const int64_t bytes = network.plan()->arena_bytes();
    least = least == 0 ? bytes : std::min(least, bytes);
    if (options.band_height > 0) break;
  }
  return least;
}

Result<Forecast> Upscaler::State::prepare(const Picture& picture, int64_t beside_bytes) {
  const Prepared wanted{picture.size(), picture.channels(), picture.bit_depth(), beside_bytes};
  if (prepared_for == wanted) return prepared;
  prepared_for.reset();
  // Old arenas go first: what is measured is then without any.
  network.release_arena();
  if (resize) resize->release_arena();
  if (chroma) chroma->release_arena();
  const int64_t resident = resident_memory();

  const Size input = picture.size();
  Forecast forecast;
  forecast.output = {scaled_length(input.height, scale), scaled_length(input.width, scale)};
  int64_t held = resident + beside_bytes + kUncounted + kUncountedAThread * team->size();
  held += forecast.output.area() * fovea::output_channels(model->colour, picture) *
          (picture.bit_depth() / 8);
  if (chroma && picture.colour_channels() == 3) {
    FOVEA_TRY(chroma->prepare(input, {options.band_height, 0, team->size()}));
    const int64_t luma_plane = forecast.output.area() * static_cast<int64_t>(sizeof(float));
    held += chroma->host_bytes() + luma_plane;
  }
  if (resize) {
    FOVEA_TRY(resize->prepare(between(input), {options.band_height, 0, team->size()}));
    held += resize->host_bytes() + between_floats(input) * static_cast<int64_t>(sizeof(float));
  }

  const int64_t free_share =
      static_cast<int64_t>(kShareOfFreeMemory * static_cast<double>(available_memory()));
  const bool is_set = options.memory_ceiling > 0;
  const int64_t ceiling = is_set ? options.memory_ceiling : resident + free_share;
  const int64_t room = std::max<int64_t>(1, ceiling - held - Arena::kRounding);
  const Status planned = network.prepare(padded(input), {options.band_height, room, team->size()});
  const int64_t peak_so_far = peak_memory();
  if (!planned || (is_set && peak_so_far > ceiling)) {
    if (!planned && (network.is_on_device() || planned.error().code != ErrorCode::kMemory))
      return tl::unexpected(planned.error());
    FOVEA_ASSIGN_OR_RETURN(const int64_t least, least_arena(padded(input)));
    const int64_t needed = std::max(held + least + Arena::kRounding, peak_so_far);
    constexpr int64_t kMebibyte = int64_t{1} << 20;
    return fail(ErrorCode::kMemory, "{}x{} pixels take {} MiB at least (limit {} MiB); {}",
                input.width, input.height, ceil_divide(needed, kMebibyte), ceiling / kMebibyte,
                is_set ? "raise the limit or make the picture smaller"
                       : "free memory or make the picture smaller");
  }
  const Plan& plan = *network.plan();
  forecast.bands = plan.bands;
  forecast.band_height = plan.band_height;
  forecast.arena_bytes = plan.arena_bytes();
  forecast.peak_bytes = std::max(held + network.host_bytes(), peak_so_far);
  prepared_for = wanted;
  prepared = forecast;
  return forecast;
}

Status Upscaler::State::run_session(Session& session, const RowReader& reader,
                                    const RowWriter& writer, float range, const Progress& progress,
                                    UpscaleReport& report) {
  const auto start = std::chrono::steady_clock::now();
  // Rows are independent of each other: converting them is shared out like any step.
  const RowSource source = [&](RowRange rows, TensorView map) -> Status {
    team->run(rows.size(), [&](int64_t i, int) {
      const int64_t y = rows.begin + i;
      std::vector<float> row(static_cast<size_t>(map.width * map.channels));
      reader(y, row.data());
      copy_pixels(row.data(), map.channels, map.row(y), map.pixel_stride, map, range);
    });
    return {};
  };
  const RowSink sink = [&](RowRange rows, ConstTensorView map) -> Status {
    std::atomic<int64_t> bad_row{-1};
    team->run(rows.size(), [&](int64_t i, int) {
      const int64_t y = rows.begin + i;
      const float* row = map.row(y);
      std::vector<float> copy;
      if (map.pixel_stride != map.channels || range != 1.0f) {
        copy.resize(static_cast<size_t>(map.width * map.channels));
        copy_pixels(row, map.pixel_stride, copy.data(), map.channels, map, 1.0f / range);
        row = copy.data();
      }
      // Before anything clamps: a NaN that is clamped and stored becomes a black pixel that nobody
      // notices.
      if (all_finite(row, map.width * map.channels))
        writer(y, row);
      else
        bad_row = y;
    });
    if (bad_row >= 0)
      return fail(ErrorCode::kNumeric, "row {} of the result holds a NaN or an infinity; {}",
                  bad_row.load(), "the model's weights do not suit this picture");
    return {};
  };
  FOVEA_TRY(session.run(source, sink, progress));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  report.network_ms += took.count();
  session.add_step_times(report.step_times);
  return {};
}

Status Upscaler::State::run_padded(Size input, const RowReader& reader, const RowWriter& writer,
                                   const Progress& progress, UpscaleReport& report) {
  const int64_t padded_width = padded(input).width;
  const int64_t channels = channels_in();
  const RowReader padded_reader = [&](int64_t y, float* row) {
    reader(reflect(y, input.height), row);
    for (int64_t x = input.width; x < padded_width; ++x)
      std::copy_n(row + reflect(x, input.width) * channels, channels, row + x * channels);
  };
  const Size output = between(input);
  // Rows come in order and whole; what lies beyond the picture is not written, columns beyond it
  // not read.
  const RowWriter cropping_writer = [&](int64_t y, const float* row) {
    if (y < output.height) writer(y, row);
  };
  return run_session(network, padded_reader, cropping_writer, model->range, progress, report);
}

Status Upscaler::State::run(Size input, const RowReader& reader, const RowWriter& writer,
                            const Progress& progress, UpscaleReport& report) {
  if (model->padding_multiple == 1)
    return run_session(network, reader, writer, model->range, progress, report);
  if (!resize) return run_padded(input, reader, writer, progress, report);

  const int64_t floats = between_floats(input);
  const int64_t row_floats = floats / between(input).height;
  std::vector<float> map;
  try {
    map.resize(static_cast<size_t>(floats));
  } catch (const std::bad_alloc&) {
    return fail(ErrorCode::kMemory, "{} MiB for the network's result cannot be had", floats >> 18);
  }
  const RowWriter keep = [&](int64_t y, const float* row) {
    std::copy_n(row, row_floats, map.data() + y * row_floats);
  };
  const RowReader kept = [&](int64_t y, float* row) {
    std::copy_n(map.data() + y * row_floats, row_floats, row);
  };
  FOVEA_TRY(run_padded(input, reader, keep, progress, report));
  return run_session(*resize, kept, writer, 1.0f, {}, report);
}

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

Result<Upscaler> Upscaler::create(std::shared_ptr<const Model> model,
                                  const UpscalerOptions& options) {
  const auto make = [device = options.device, index = options.device_index](Precision precision) {
    return fovea::make_backend(device, precision, index);
  };
  return create(std::move(model), options, make);
}

Result<Upscaler> Upscaler::create(std::shared_ptr<const Model> model,
                                  const UpscalerOptions& options, BackendMaker make_backend) {
  if (model->resize_before) {
    if (!options.scale)
      return fail(ErrorCode::kUsage, "the model's weights do not tell its scale; give it with -s");
    FOVEA_ASSIGN_OR_RETURN(Model scaled, with_scale(*model, *options.scale));
    model = std::make_shared<const Model>(std::move(scaled));
  }
  const Scale scale = options.scale.value_or(model->scale);
  FOVEA_ASSIGN_OR_RETURN(const Scale rest, divide(scale, model->scale));
  FOVEA_ASSIGN_OR_RETURN(const auto backend, make_backend(options.precision));
  const int threads = options.threads > 0 ? options.threads : available_cores();
  auto team = std::make_unique<ThreadTeam>(threads);

  Graph graph = model->graph;
  const int64_t out_channels = graph.value(graph.output()).channels;
  std::optional<Graph> resize_after;
  if (!(rest == Scale{1, 1})) {
    if (model->padding_multiple == 1) {
      const ValueId output = graph.output();
      FOVEA_TRY(graph.add(resize_by(rest), {output}, "resize_after"));
    } else {
      FOVEA_ASSIGN_OR_RETURN(resize_after, resize_graph(out_channels, rest));
    }
  }
  FOVEA_ASSIGN_OR_RETURN(Session network, Session::create(graph, *backend, *team));
  std::optional<Session> resize;
  if (resize_after) {
    FOVEA_ASSIGN_OR_RETURN(resize, Session::create(*resize_after, *backend, *team));
  }
  std::optional<Session> chroma;
  if (model->colour == ColourMode::kLuma || model->colour == ColourMode::kGray) {
    FOVEA_ASSIGN_OR_RETURN(const Graph graph_of_chroma, resize_graph(2, scale));
    FOVEA_ASSIGN_OR_RETURN(chroma, Session::create(graph_of_chroma, *backend, *team));
  }
  auto state = std::unique_ptr<State>(new State{std::move(model),
                                                options,
                                                scale,
                                                std::move(team),
                                                std::move(network),
                                                std::move(resize),
                                                std::move(chroma),
                                                std::move(make_backend),
                                                {},
                                                {},
                                                {}});
  return Upscaler(std::move(state));
}

Result<Forecast> Upscaler::forecast(const Picture& picture, int64_t beside_bytes) {
  return state_->prepare(picture, beside_bytes);
}

Result<Picture> Upscaler::upscale(const Picture& picture, const Progress& progress,
                                  UpscaleReport* report, int64_t beside_bytes) {
  UpscaleReport local;
  UpscaleReport& told = report != nullptr ? *report : local;
  auto result = state_->upscale(picture, progress, told, beside_bytes);
  if (result || result.error().code != ErrorCode::kNumeric || !state_->is_f16()) return result;
  if (state_->wider == nullptr) {
    UpscalerOptions options = state_->options;
    options.precision = Precision::kF32;
    // Its model already has the scale of a network that enlarges first.
    FOVEA_ASSIGN_OR_RETURN(Upscaler wider, create(state_->model, options, state_->make_backend));
    state_->wider = std::make_unique<Upscaler>(std::move(wider));
  }
  result = state_->wider->upscale(picture, progress, &told, beside_bytes);
  told.redone = true;
  return result;
}

Result<Picture> Upscaler::State::upscale(const Picture& picture, const Progress& progress,
                                         UpscaleReport& told, int64_t beside_bytes) {
  told = {};
  FOVEA_ASSIGN_OR_RETURN(const Forecast forecast, prepare(picture, beside_bytes));
  told.take(forecast);
  const ColourMode mode = model->colour;
  FOVEA_ASSIGN_OR_RETURN(
      Picture result,
      Picture::create(told.output, fovea::output_channels(mode, picture), picture.bit_depth()));

  const std::vector<PlaneJob> jobs = plane_jobs(mode, picture, result);
  size_t number = 0;
  for (const PlaneJob& job : jobs) {
    // The jobs of one picture are of about equal work, but for chroma, which is next to none.
    const Progress share = [&](double done) {
      return !progress ||
             progress((static_cast<double>(number) + done) / static_cast<double>(jobs.size()));
    };
    if (job.is_chroma) {
      FOVEA_TRY(run_session(*chroma, job.reader, job.writer, 1.0f, share, told));
    } else {
      FOVEA_TRY(run(picture.size(), job.reader, job.writer, share, told));
    }
    ++number;
  }
  fill_constant_alpha(picture, result);
  return result;
}

Size Upscaler::output_size(Size input) const {
  return {scaled_length(input.height, state_->scale), scaled_length(input.width, state_->scale)};
}

int Upscaler::output_channels(const Picture& picture) const {
  return fovea::output_channels(state_->model->colour, picture);
}

Scale Upscaler::scale() const { return state_->scale; }

ThreadTeam& Upscaler::team() { return *state_->team; }

}  // namespace fovea
