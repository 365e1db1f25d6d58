// A dense block as a sweep of its own, in the Winograd domain.
//
// Each channel group is transformed once, when it has been computed, and its transform V is kept
// while the convolutions behind it read it: 24 vectors of channels are transformed where five
// convolutions on their own transform 80 (64 + 96 + 128 + 160 + 192 channels for 64 and 4 x 32). V
// of a whole map would be far larger than any cache (57 MB for 200x200), so the block is swept: in
// each round convolution k computes q rows of tiles, k rows of tiles behind the first, and V is a
// ring of q + n - 1 tile rows. A 3x3 window of a tile reaches one pixel into the neighbour tiles,
// so a lag of one tile row is enough. The maps between the convolutions are rings too.
//
// The weights are transformed in each run: U of all blocks of x4plus would take 475 MB.
#include "kernels/cpu/dense_block_step.h"

#include <algorithm>

#include "engine/rounding.h"
#include "kernels/cpu/packed_weights.h"
#include "kernels/cpu/step_arguments.h"
#include "kernels/cpu/tile_block.h"

namespace fovea::cpu {
namespace {

constexpr int64_t kTilesWorthWaking = 4;
// Outputs that a thread makes its own weights for at a time: two panels.
constexpr int64_t kPartOutputs = 2 * kPanel;
// More threads than that share the transformed weights: their own would be too much memory.
constexpr int64_t kMostOwners = 8;
constexpr int64_t kTile = winograd_tile(3);

struct Layer {
  StoredWeights weights;
  PackedEpilogue epilogue;
};

double multiply_accumulates_per_pixel(const std::vector<Layer>& layers) {
  double sum = 0;
  for (const Layer& layer : layers)
    sum += 9.0 * static_cast<double>(layer.weights.in_channels() * layer.weights.out_channels());
  return sum;
}

class DenseBlockStep : public OperatorStep {
 public:
  DenseBlockStep(const Node& node, const KernelTable& kernels, int64_t features,
                 std::vector<Layer> layers)
      : OperatorStep(node, multiply_accumulates_per_pixel(layers)),
        kernels_(kernels),
        features_(features),
        layers_(std::move(layers)),
        tile_block_(tile_block(3, channels_in_work())) {}

  int64_t row_granule() const override { return kWholeMap; }

  // The last layer is at least a row of tiles behind what the first still reads (one layer alone is
  // not), and reads a residual just where it writes.
  bool may_overwrite(size_t) const override { return layers_.size() > 1; }

  int64_t scratch_floats(Size size, int threads) const override {
    return layout(size, threads).floats;
  }

  void run(ThreadTeam& team, std::span<const ConstTensorView> inputs, TensorView output, RowRange,
           float* scratch) const override {
    const Layout at = layout(output.size(), team.size());
    if (!at.own_weights) transform_weights(team, at, scratch);
    const auto layers = static_cast<int64_t>(layers_.size());
    for (int64_t round = 0; round < at.rounds; ++round) {
      for (int64_t k = 0; k < layers; ++k) {
        const RowRange tile_rows{rows_done(at, round, k), rows_done(at, round + 1, k)};
        const int64_t outputs = layers_[static_cast<size_t>(k)].weights.out_channels();
        const int64_t part = at.own_weights ? kPartOutputs : outputs;
        for (int64_t first = 0; first < outputs; first += part)
          run_part(team, at, inputs, output, {k, first, std::min(part, outputs - first)}, tile_rows,
                   scratch);
      }
    }
  }

 private:
  // Outputs [first, first + count) of a layer.
  struct Part {
    int64_t layer;
    int64_t first;
    int64_t count;
  };

  // Where everything lies in scratch, in floats.
  struct Layout {
    bool own_weights;    // of each thread, one part's at a time
    int64_t most_tiles;  // of a block
    int64_t tiles_x;
    int64_t tiles_y;
    int64_t rounds;
    int64_t rows_a_round;  // q
    int64_t v_channels;    // of all layers' inputs
    int64_t v_frequency_stride;
    int64_t v_rows;    // of tiles, in the ring
    int64_t map_rows;  // of pixels, in a ring between two layers
    int64_t u;
    int64_t v;
    int64_t maps;
    int64_t threads;
    int64_t thread_floats;
    int64_t floats;
  };

  int64_t most_outputs() const {
    int64_t most = 0;
    for (const Layer& layer : layers_) most = std::max(most, layer.weights.out_channels());
    return most;
  }

  // Blocks that a thread's `tiles` are worked on in: one where it makes its own weights, else as
  // near to tile_block_ as can be, at most half as much again. All weights are read once a block,
  // and they come from the third-level cache: two blocks of 30 tiles where one of 61 does cost a
  // tenth of the time.
  int64_t blocks(const Layout& at, int64_t tiles) const {
    if (at.own_weights) return 1;
    return std::max<int64_t>(1, (tiles + tile_block_ / 2 - 1) / tile_block_);
  }

  // Of an average layer: what it transforms anew and what it computes.
  int64_t channels_in_work() const {
    const auto layers = static_cast<int64_t>(layers_.size());
    const Layer& last = layers_.back();
    const int64_t outputs = last.weights.in_channels() - features_ + last.weights.out_channels();
    return (last.weights.in_channels() + outputs) / layers;
  }

  // Tile rows of layer k that are done before `round`: each layer a row behind the one before it,
  // until that has reached the bottom.
  static int64_t rows_done(const Layout& at, int64_t round, int64_t k) {
    if (round == at.rounds) return at.tiles_y;
    return std::max<int64_t>(0, round * at.rows_a_round - k);
  }

  Layout layout(Size size, int threads) const {
    Layout at{};
    at.tiles_x = ceil_divide(size.width, kTile);
    at.tiles_y = ceil_divide(size.height, kTile);
    // A whole block of tiles for every thread: fewer leave registers idle, more make the ring
    // outgrow the cache.
    at.rounds = std::max<int64_t>(1, at.tiles_y * at.tiles_x / (threads * tile_block_));
    at.rows_a_round = ceil_divide(at.tiles_y, at.rounds);
    at.rounds = ceil_divide(at.tiles_y, at.rows_a_round);
    at.v_channels = layers_.back().weights.in_channels();
    at.v_rows = std::min(at.rows_a_round + static_cast<int64_t>(layers_.size()) - 1, at.tiles_y);
    at.v_frequency_stride = at.v_rows * at.tiles_x * at.v_channels + kPanel;
    // A layer reads one pixel row above the tile row it computes and one below: from the first of
    // those to the last row that the layer before has written in the same round.
    at.map_rows =
        std::min((at.rows_a_round + static_cast<int64_t>(layers_.size())) * kTile, size.height);
    // In one round a thread needs a layer's weights once. It then makes them itself, 8 frequencies
    // at a time: transforming them is a fiftieth of the work, but to write 7 MB that the other
    // threads have just read, and to read what they have just written, took a quarter of the time.
    at.own_weights = at.rounds == 1 && threads <= kMostOwners;
    at.most_tiles = tile_block_ + tile_block_ / 2;
    if (at.own_weights)
      at.most_tiles = std::max(ceil_divide(at.tiles_y * at.tiles_x, threads), kTilesWorthWaking);
    at.v = 0;
    if (!at.own_weights) {
      for (const Layer& layer : layers_) at.v += layer.weights.u_floats();
    }
    at.maps = at.v + winograd_frequencies(3) * at.v_frequency_stride;
    at.threads = at.maps + at.map_rows * size.width * (at.v_channels - features_);
    const int64_t most_new = std::max(features_, most_outputs());
    const int64_t most_at_once =
        at.own_weights ? std::min(kPartOutputs, most_outputs()) : most_outputs();
    at.thread_floats = winograd_scratch(3, at.most_tiles, most_new, 0, most_at_once);
    if (at.own_weights) at.thread_floats += own_weight_floats();
    at.floats = at.threads + threads * at.thread_floats;
    return at;
  }

  void transform_weights(ThreadTeam& team, const Layout& at, float* scratch) const {
    constexpr int64_t kFiltersPerItem = 32;
    float* u = scratch + at.u;
    for (const Layer& layer : layers_) {
      const WinogradWeightArgs args = layer.weights.args(u);
      const int64_t count = layer.weights.item_count();
      team.run(ceil_divide(count, kFiltersPerItem), [&](int64_t item, int) {
        const int64_t first = item * kFiltersPerItem;
        kernels_.winograd_weights(args, first, std::min(first + kFiltersPerItem, count));
      });
      u += layer.weights.u_floats();
    }
  }

  const float* shared_weights(const Layout& at, int64_t k, const float* scratch) const {
    const float* u = scratch + at.u;
    for (int64_t n = 0; n < k; ++n) u += layers_[static_cast<size_t>(n)].weights.u_floats();
    return u;
  }

  // Of the largest part.
  int64_t own_weight_floats() const {
    return winograd_row_floats(layers_.back().weights.in_channels(),
                               std::min(kPartOutputs, most_outputs()));
  }

  // The ring between layer k and the layers behind it.
  TensorView map_after(const Layout& at, Size size, int64_t k, float* scratch) const {
    float* data = scratch + at.maps;
    for (int64_t n = 0; n < k; ++n)
      data += at.map_rows * size.width * layers_[static_cast<size_t>(n)].weights.out_channels();
    const int64_t channels = layers_[static_cast<size_t>(k)].weights.out_channels();
    return {data, size.height, size.width, channels, channels, size.width * channels, at.map_rows};
  }

  // One part of a layer for `tile_rows`.
  void run_part(ThreadTeam& team, const Layout& at, std::span<const ConstTensorView> inputs,
                const TensorView& output, Part part, RowRange tile_rows, float* scratch) const {
    const int64_t tiles = tile_rows.size() * at.tiles_x;
    // The same number for every thread, unless there are too few tiles to wake them for.
    const int64_t threads = tiles > kTilesWorthWaking ? team.size() : 1;
    const int64_t items = blocks(at, ceil_divide(tiles, threads)) * threads;
    team.run(items, [&](int64_t item, int thread) {
      run_tiles(at, inputs, output, part, tile_rows.begin * at.tiles_x + tiles * item / items,
                tile_rows.begin * at.tiles_x + tiles * (item + 1) / items, scratch,
                scratch + at.threads + thread * at.thread_floats);
    });
  }

  // Tiles [first, last), counted from the picture's origin, row by row.
  void run_tiles(const Layout& at, std::span<const ConstTensorView> inputs,
                 const TensorView& output, Part part, int64_t first, int64_t last, float* scratch,
                 float* own_scratch) const {
    const int64_t k = part.layer;
    const Layer& layer = layers_[static_cast<size_t>(k)];
    const bool is_last = k + 1 == static_cast<int64_t>(layers_.size());
    const Size size = output.size();
    const ConstTensorView added = k == 0 ? inputs[0] : map_after(at, size, k - 1, scratch);
    WinogradArgs args{};
    args.kernel = 3;
    args.split = 1;
    args.input = map_args(added);
    args.output = map_args(is_last ? output : map_after(at, size, k, scratch));
    args.in_channels = layer.weights.in_channels();
    // The first part transforms what the layer before has computed, for all.
    args.first_new = args.in_channels - added.channels;
    args.new_channels = part.first == 0 ? added.channels : 0;
    args.out_channels = part.count;
    args.output.data += part.first;
    WinogradWeightArgs stored;
    if (at.own_weights) {
      stored = layer.weights.args(own_scratch + at.thread_floats - own_weight_floats(), part.first,
                                  part.count);
      args.stored = &stored;
    } else {
      args.weights = shared_weights(at, k, scratch);
    }
    args.epilogue = layer.epilogue.args(is_last ? inputs.subspan(1) : inputs.subspan(0, 0));
    skip_channels(args.epilogue, part.first);
    args.tiles_x = at.tiles_x;
    args.v_tile_stride = at.v_channels;
    args.v_frequency_stride = at.v_frequency_stride;
    args.tile_block = at.most_tiles;
    const int64_t ring_tiles = at.v_rows * at.tiles_x;
    while (first < last) {
      const int64_t slot = first % ring_tiles;
      const int64_t end = std::min(last, first - slot + ring_tiles);
      args.v = scratch + at.v + slot * at.v_channels;
      kernels_.winograd(args, first, end, own_scratch);
      first = end;
    }
  }

  const KernelTable& kernels_;
  int64_t features_;
  std::vector<Layer> layers_;
  int64_t tile_block_;
};

}  // namespace

Result<std::unique_ptr<Step>> make_dense_block_step(const Graph& graph, const Node& node,
                                                    const KernelTable& kernels) {
  const auto& block = std::get<DenseBlock>(node.op);
  const int64_t features = graph.value(node.inputs[0]).channels;
  std::vector<Layer> layers;
  int64_t channels = features;
  for (const Convolution& convolution : block.convolutions) {
    FOVEA_ASSIGN_OR_RETURN(StoredWeights weights,
                           StoredWeights::create(graph.parameter(convolution.weight)));
    FOVEA_ASSIGN_OR_RETURN(const ops::ConvolutionOp op,
                           ops::resolve_epilogue(graph, convolution, channels));
    layers.push_back({std::move(weights), PackedEpilogue(op)});
    channels += convolution.out_channels;
  }
  return std::unique_ptr<Step>(
      std::make_unique<DenseBlockStep>(node, kernels, features, std::move(layers)));
}

}  // namespace fovea::cpu
