#include "engine/network_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

#include "engine/append_graph.h"
#include "engine/mirror.h"
#include "engine/rounding.h"

namespace fovea {
namespace {

// `reader`'s rows of `width` pixels and `colours` channels with `number` behind each pixel's.
RowReader with_number(RowReader reader, int64_t width, int64_t colours, float number) {
  return [reader = std::move(reader), width, colours, number](int64_t y, float* row) {
    reader.values(y, row);
    // From the end: no value is overwritten before it has moved.
    for (int64_t x = width - 1; x >= 0; --x) {
      row[x * (colours + 1) + colours] = number;
      for (int64_t c = colours - 1; c >= 0; --c) row[x * (colours + 1) + c] = row[x * colours + c];
    }
  };
}

// What is left of a model where only its run matters.
struct Part {
  Graph graph;
  Scale scale;
  int64_t padding_multiple = 1;
  Ranges ranges;
  std::optional<Condition> condition;
  bool undoes_jpeg = false;
};

// `next` behind `part` in one graph.
Status join_parts(Part& part, const Part& next, const std::string& prefix) {
  ValueId value = part.graph.output();
  if (next.ranges.in != part.ranges.out) {
    FOVEA_ASSIGN_OR_RETURN(
        value, part.graph.add(Add{{next.ranges.in / part.ranges.out}}, {value}, prefix + "range"));
  }
  FOVEA_ASSIGN_OR_RETURN(value, append_graph(part.graph, value, next.graph, prefix));
  part.graph.set_output(value);
  FOVEA_ASSIGN_OR_RETURN(part.scale, multiply(part.scale, next.scale));
  part.ranges.out = next.ranges.out;
  return {};
}

}  // namespace

Result<Graph> resize_graph(int64_t channels, Scale scale) {
  Graph graph;
  const ValueId input = graph.add_input(channels);
  FOVEA_TRY(graph.add(Resize{ResizeFilter::kBicubic, scale, -0.5, true}, {input}, "resize"));
  return graph;
}

Result<NetworkChain> NetworkChain::create(const std::vector<SharedModel>& models, Scale rest,
                                          bool join, const Backend& backend, ThreadTeam& team) {
  std::vector<Part> parts;
  const auto add = [&](Part part, bool may_join) -> Status {
    // A number comes in from outside, and a result that may be filtered has to come out.
    const bool joins = may_join && !parts.empty() && parts.back().padding_multiple == 1 &&
                       part.padding_multiple == 1 && !part.condition && !parts.back().undoes_jpeg;
    if (joins) return join_parts(parts.back(), part, fmt::format("network_{}.", parts.size() + 1));
    parts.push_back(std::move(part));
    return {};
  };
  for (const SharedModel& model : models)
    FOVEA_TRY(add({model->graph,
                   model->scale,
                   model->padding_multiple,
                   {model->range, model->range},
                   model->condition,
                   model->undoes_jpeg},
                  join));
  if (!(rest == Scale{1, 1})) {
    const Graph& last = parts.back().graph;
    FOVEA_ASSIGN_OR_RETURN(Graph graph, resize_graph(last.value(last.output()).channels, rest));
    // A resize takes values of any range as they are.
    const float range = parts.back().ranges.out;
    FOVEA_TRY(add({std::move(graph), rest, 1, {range, range}, {}, false}, true));
  }

  NetworkChain chain(team);
  for (const Part& part : parts) {
    const int64_t channels_in = part.graph.value(part.graph.input()).channels;
    const int64_t channels_out = part.graph.value(part.graph.output()).channels;
    FOVEA_ASSIGN_OR_RETURN(Session session, Session::create(part.graph, backend, team));
    chain.stages_.push_back({std::move(session), part.scale, part.padding_multiple, part.ranges,
                             part.condition, channels_in, channels_out});
  }
  return chain;
}

Size NetworkChain::padded(const Stage& stage, Size input) {
  return {round_up(input.height, stage.padding_multiple),
          round_up(input.width, stage.padding_multiple)};
}

Size NetworkChain::result_size(const Stage& stage, Size input) {
  return {scaled_length(input.height, stage.scale), scaled_length(input.width, stage.scale)};
}

Size NetworkChain::output_size(Size input) const {
  for (const Stage& stage : stages_) input = result_size(stage, input);
  return input;
}

Result<std::vector<float>> NetworkChain::numbers(const std::map<std::string, double>& told) const {
  std::vector<float> numbers;
  for (const Stage& stage : stages_) {
    numbers.push_back(0.0f);
    if (!stage.condition) continue;
    const Condition& wanted = *stage.condition;
    const auto found = told.find(wanted.name);
    const std::optional<double> number = found != told.end() ? found->second : wanted.usual;
    if (!number)
      return fail(ErrorCode::kUsage, "the network is told {} ({} to {}), and nothing tells it; {}",
                  wanted.name, wanted.lowest, wanted.highest, "give one");
    if (!(*number >= wanted.lowest && *number <= wanted.highest))
      return fail(ErrorCode::kUsage, "{} is {} ({} to {})", wanted.name, *number, wanted.lowest,
                  wanted.highest);
    numbers.back() = static_cast<float>(*number / wanted.unit);
  }
  return numbers;
}

// Of two maps that follow each other, the most: a network reads one while it fills the other.
int64_t NetworkChain::bytes_between() const {
  int64_t most = 0, before = 0;
  const size_t held = std::max(stages_.size() - 1, filters_ ? size_t{1} : size_t{0});
  for (size_t i = 0; i < held; ++i) {
    const Stage& stage = stages_[i];
    const int64_t bytes = result_size(stage, stage.input).area() * stage.channels_out *
                          static_cast<int64_t>(sizeof(float));
    most = std::max(most, before + bytes);
    before = bytes;
  }
  return most;
}

Status NetworkChain::prepare(Size input, int64_t band_height, int64_t room, SampleType rows,
                             bool filters) {
  filters_ = filters;
  // Rows that are the picture's samples from one end to the other.
  const bool are_samples = stages_.size() == 1 && !filters && !stages_.front().condition;
  for (Stage& stage : stages_) {
    stage.input = input;
    input = result_size(stage, input);
  }
  const int64_t arena_room = std::max<int64_t>(1, room - bytes_between());
  for (Stage& stage : stages_) {
    const Size size = padded(stage, stage.input);
    const SampleType type = are_samples ? rows : SampleType::kF32;
    FOVEA_TRY(stage.session.prepare(size, {band_height, arena_room, team_->size(), type}));
    FOVEA_ASSIGN_OR_RETURN(const int64_t products,
                           multiply_accumulates(stage.session.graph(), size));
    stage.products = static_cast<double>(products);
  }
  return {};
}

Result<int64_t> NetworkChain::least_room(Size input, int64_t band_height) {
  int64_t most = 0;
  for (Stage& stage : stages_) {
    stage.input = input;
    const Size size = padded(stage, input);
    int64_t least = 0;
    for (const int64_t band : {band_height > 0 ? band_height : 1, size.height}) {
      FOVEA_TRY(stage.session.prepare(size, {band, 0, team_->size()}));
      const int64_t bytes = stage.session.plan()->arena_bytes();
      least = least == 0 ? bytes : std::min(least, bytes);
      if (band_height > 0) break;
    }
    most = std::max(most, least);
    input = result_size(stage, input);
  }
  return most + bytes_between();
}

int64_t NetworkChain::host_bytes() const {
  int64_t most = 0;
  for (const Stage& stage : stages_) most = std::max(most, stage.session.host_bytes());
  return most + bytes_between();
}

int64_t NetworkChain::arena_bytes() const {
  int64_t most = 0;
  for (const Stage& stage : stages_) most = std::max(most, stage.session.plan()->arena_bytes());
  return most;
}

void NetworkChain::release_arenas() {
  for (Stage& stage : stages_) stage.session.release_arena();
}

Status NetworkChain::run_stage(Stage& stage, const RowReader& reader, const RowWriter& writer,
                               const Progress& progress, UpscaleReport& report) {
  if (stage.padding_multiple == 1)
    return run_rows(stage.session, *team_, reader, writer, stage.ranges, progress, report);
  const Size input = stage.input;
  const int64_t padded_width = padded(stage, input).width;
  const auto continue_row = [&](uint8_t* row, int64_t pixel_bytes) {
    for (int64_t x = input.width; x < padded_width; ++x)
      std::copy_n(row + mirrored(x, input.width) * pixel_bytes, pixel_bytes, row + x * pixel_bytes);
  };
  const int64_t channels = stage.channels_in;
  RowReader padded_reader = [&](int64_t y, float* row) {
    reader.values(mirrored(y, input.height), row);
    continue_row(reinterpret_cast<uint8_t*>(row), channels * byte_count(SampleType::kF32));
  };
  padded_reader.type = reader.type;
  padded_reader.samples = [&](int64_t y, uint8_t* row) {
    reader.samples(mirrored(y, input.height), row);
    continue_row(row, channels * byte_count(reader.type));
  };
  const int64_t height = result_size(stage, input).height;
  // What lies beyond the picture is not written, columns beyond it not read.
  RowWriter cropping_writer = [&](int64_t y, const float* row) {
    if (y < height) writer.values(y, row);
  };
  cropping_writer.type = writer.type;
  cropping_writer.samples = [&](int64_t y, const uint8_t* row) {
    if (y < height) writer.samples(y, row);
  };
  return run_rows(stage.session, *team_, padded_reader, cropping_writer, stage.ranges, progress,
                  report);
}

Status NetworkChain::run(const RowReader& reader, const RowWriter& writer,
                         const ChainOptions& options, const Progress& progress,
                         UpscaleReport& report) {
  double all = 0, before = 0;
  for (const Stage& stage : stages_) all += stage.products;
  std::vector<float> read, written;
  RowReader from = reader;
  for (size_t i = 0; i < stages_.size(); ++i) {
    Stage& stage = stages_[i];
    const bool last = i + 1 == stages_.size();
    const bool is_filtered = i == 0 && options.filter != nullptr;
    // Shares by work; a chain of resizes alone has none to tell.
    const double share = all > 0 ? stage.products / all : last ? 1.0 : 0.0;
    const Progress part = [&](double done) { return !progress || progress(before + share * done); };
    const Size size = result_size(stage, stage.input);
    const int64_t row_floats = size.width * stage.channels_out;
    RowWriter to = writer;
    if (!last || is_filtered) {
      try {
        written.resize(static_cast<size_t>(size.height * row_floats));
      } catch (const std::bad_alloc&) {
        return fail(ErrorCode::kMemory, "{} MiB for a network's result cannot be had",
                    (size.height * row_floats) >> 18);
      }
      to = [&written, row_floats](int64_t y, const float* row) {
        std::copy_n(row, row_floats, written.data() + y * row_floats);
      };
    }
    if (stage.condition)
      from = with_number(std::move(from), stage.input.width, stage.channels_in - 1,
                         options.numbers[i]);
    FOVEA_TRY(run_stage(stage, from, to, part, report));
    before += share;
    if (stages_.size() > 1) stage.session.release_arena();
    if (is_filtered) {
      FOVEA_TRY((*options.filter)(written, size, stage.channels_out, *team_));
      if (last) {
        team_->run(size.height,
                   [&](int64_t y, int) { writer.values(y, written.data() + y * row_floats); });
      }
    }
    read = std::exchange(written, {});
    from = [&read, row_floats](int64_t y, float* row) {
      std::copy_n(read.data() + y * row_floats, row_floats, row);
    };
  }
  return {};
}

}  // namespace fovea
