// Networks one after another, made ready on one backend: rows of a picture in, rows of the result
// out, f32 all the way.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/model_chain.h"
#include "engine/picture_planes.h"
#include "engine/progress.h"
#include "engine/result_filter.h"
#include "engine/run_rows.h"
#include "engine/session.h"

namespace fovea {

/// What the networks are told of one picture, and what is done to the first one's result.
struct ChainOptions {
  std::vector<float> numbers;  ///< of NetworkChain::numbers(); network by network
  const ResultFilter* filter = nullptr;
};

/// A graph of nothing but a resize: bicubic, antialiased when shrinking.
Result<Graph> resize_graph(int64_t channels, Scale scale);

class NetworkChain {
 public:
  /// `models`, each with a scale, then a resize by `rest` where that is not 1. With `join`,
  /// networks are made one graph where none of the two is padded, so that a band goes through both
  /// and the map between them need not lie whole in memory.
  static Result<NetworkChain> create(const std::vector<SharedModel>& models, Scale rest, bool join,
                                     const Backend& backend, ThreadTeam& team);

  Size output_size(Size input) const;

  /// The channels' numbers for run(): what is told, else what is usual, as it stands in the
  /// channel; 0 for networks that want none. kUsage for a number out of range or that nobody tells.
  Result<std::vector<float>> numbers(const std::map<std::string, double>& told) const;

  /// Plans each network for its input, the picture's rows being of type `rows`; `room` is what maps
  /// and arenas may take of the host's memory. With `filters` the first network's result will be
  /// filtered, and lies whole in memory for that. Old arenas must have been released. kMemory when
  /// that is too little.
  Status prepare(Size input, int64_t band_height, int64_t room, SampleType rows = SampleType::kF32,
                 bool filters = false);

  /// The least `room` that prepare() would take, by the lowest bands or those of `band_height`.
  Result<int64_t> least_room(Size input, int64_t band_height);

  /// What running what is prepared takes of the host's memory.
  int64_t host_bytes() const;

  /// The plan of the first network, which is the only one but in a chain or behind padding.
  const Plan& plan() const { return *stages_.front().session.plan(); }

  /// The largest arena of any network.
  int64_t arena_bytes() const;

  bool is_on_device() const { return stages_.front().session.is_on_device(); }

  void release_arenas();

  /// Runs one picture of the size that was prepared last, with a filter if prepare() was told.
  Status run(const RowReader& reader, const RowWriter& writer, const ChainOptions& options,
             const Progress& progress, UpscaleReport& report);

 private:
  struct Stage {
    Session session;
    Scale scale;
    int64_t padding_multiple;
    Ranges ranges;
    std::optional<Condition> condition;
    int64_t channels_in;
    int64_t channels_out;
    Size input{};         // of the picture prepared for, before it is padded
    double products = 0;  // its multiply-accumulates
  };

  explicit NetworkChain(ThreadTeam& team) : team_(&team) {}
  Status run_stage(Stage& stage, const RowReader& reader, const RowWriter& writer,
                   const Progress& progress, UpscaleReport& report);
  int64_t bytes_between() const;
  static Size padded(const Stage& stage, Size input);
  static Size result_size(const Stage& stage, Size input);

  std::vector<Stage> stages_;
  ThreadTeam* team_;
  bool filters_ = false;  // as prepared last
};

}  // namespace fovea
