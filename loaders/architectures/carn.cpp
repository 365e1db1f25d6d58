// CARN and CARN-M (Ahn et al. 2018, arXiv 1803.08664): residual blocks that cascade, inside groups
// of three and around them. CARN-M's have convolutions of groups, and a group's three are one with
// the same weights.
#include <fmt/format.h>

#include "loaders/architectures/families.h"
#include "loaders/architectures/graph_builder.h"
#include "loaders/architectures/mean_shift.h"
#include "loaders/architectures/parameters.h"

namespace fovea {
namespace {

bool detect(const Weights& weights) {
  return has_rank(weights, "entry.weight", 4) && has_rank(weights, "b1.b1.body.0.weight", 4) &&
         has_rank(weights, "c1.body.0.weight", 4) && has_rank(weights, "exit.weight", 4);
}

// Where the convolutions that enlarge stand, and what they enlarge by.
struct Enlargement {
  std::string name;
  int64_t scale = 1;
};

// One file may hold the enlargements by 2, 3 and 4 of one network.
Result<Enlargement> find_enlargement(const Weights& weights, int64_t features) {
  if (!weights.contains("upsample.up2.body.0.weight")) {
    FOVEA_ASSIGN_OR_RETURN(const auto up, convolution_shape(weights, "upsample.up.body.0"));
    int64_t scale = up.out_channels == 9 * features ? 3 : 2;
    for (int64_t i = 3; weights.contains(fmt::format("upsample.up.body.{}.weight", i)); i += 3) {
      scale *= 2;
      // More than any published network.
      if (scale > 32) return fail(ErrorCode::kModel, "upsample.up enlarges by more than 32");
    }
    return Enlargement{"upsample.up", scale};
  }
  auto scale = needed_scale(weights);
  if (!scale || *scale < 2 || *scale > 4)
    return fail(ErrorCode::kModel,
                "it holds a network for each of the scales 2, 3 and 4{}; choose one with -s, or as "
                "the metadata key scale",
                scale ? fmt::format(", and not {}", *scale) : "");
  return Enlargement{fmt::format("upsample.up{}", *scale), *scale};
}

class CarnBuilder {
 public:
  CarnBuilder(const Weights& weights, int64_t features)
      : b_(weights, 3), weights_(weights), features_(features) {}

  Result<Graph> build(const Enlargement& enlargement) {
    FOVEA_ASSIGN_OR_RETURN(const MeanShifts shifts,
                           read_mean_shifts(weights_, "sub_mean.shifter", "add_mean.shifter", 3));
    ValueId y = shifted(b_.input(), shifts.before, "sub_mean");
    y = b_.convolution(y, "entry", features_, 3);
    y = cascade(y, "", [&](ValueId x, int i) { return group(x, fmt::format("b{}", i)); });
    y = enlarged(y, enlargement);
    y = b_.convolution(y, "exit", 3, 3);
    y = shifted(y, shifts.after, "add_mean");
    for (const int64_t scale : {2, 3, 4}) know_enlargement(scale);
    return b_.finish(y);
  }

 private:
  // Three steps, after each of which all that came before is joined and fused by a 1x1.
  template <class Step>
  ValueId cascade(ValueId x, const std::string& prefix, Step step) {
    ValueId seen = x, y = x;
    for (int i = 1; i <= 3; ++i) {
      const std::string name = fmt::format("{}c{}.body.0", prefix, i);
      seen = b_.concat({seen, step(y, i)}, name + ".concat");
      y = b_.relu(b_.convolution(seen, name, features_, 1), name + ".relu");
    }
    return y;
  }

  // CARN-M has one block for all three steps.
  ValueId group(ValueId x, const std::string& name) {
    const bool shared = !weights_.contains(name + ".b2.body.0.weight");
    return cascade(x, name + ".", [&](ValueId y, int i) {
      return block(y, fmt::format("{}.b{}", name, shared ? 1 : i), fmt::format("{}.{}", name, i));
    });
  }

  // Two 3x3 convolutions, or those of groups with a 1x1 behind them; activated behind the sum too.
  ValueId block(ValueId x, const std::string& tensors, const std::string& name) {
    ValueId y = grouped(x, tensors + ".body.0");
    y = grouped(b_.relu(y, name + ".relu1"), tensors + ".body.2");
    const std::string point = tensors + ".body.4";
    if (weights_.contains(point + ".weight"))
      y = b_.convolution(b_.relu(y, name + ".relu2"), point, features_, 1);
    return b_.relu(b_.add(y, 1.0f, x, 1.0f, name + ".add"), name + ".relu");
  }

  // A 3x3 convolution whose weight's shape tells its groups.
  ValueId grouped(ValueId x, const std::string& name, int64_t widen = 1) {
    const auto shape = convolution_shape(weights_, name);
    const int64_t in = shape ? shape->in_channels : features_;
    const int64_t groups = in > 0 && features_ % in == 0 ? features_ / in : 1;
    return b_.grouped_convolution(x, name, widen * features_, 3, groups);
  }

  ValueId enlarged(ValueId y, const Enlargement& enlargement) {
    const int64_t factor = enlargement.scale == 3 ? 3 : 2;
    int64_t index = 0;
    for (int64_t left = enlargement.scale; left > 1; left /= factor, index += 3) {
      const std::string name = fmt::format("{}.body.{}", enlargement.name, index);
      y = b_.relu(grouped(y, name, factor * factor), name + ".relu");
      y = b_.pixel_shuffle(y, factor, name + ".shuffle");
    }
    return y;
  }

  // The tensors of the scales that were not chosen are no strangers.
  void know_enlargement(int64_t scale) {
    for (const int64_t index : {0, 3}) {
      for (const char* part : {"weight", "bias"})
        b_.know(fmt::format("upsample.up{}.body.{}.{}", scale, index, part));
    }
  }

  ValueId shifted(ValueId x, const MeanShift& shift, const std::string& name) {
    for (const std::string& tensor : shift.names) b_.know(tensor);
    const std::vector<float> bias(shift.bias.begin(), shift.bias.end());
    return b_.affine(x, std::vector<float>(bias.size(), 1.0f), bias, name);
  }

  GraphBuilder b_;
  const Weights& weights_;
  int64_t features_;
};

Result<Model> build(const Weights& weights) {
  FOVEA_ASSIGN_OR_RETURN(const auto entry, convolution_shape(weights, "entry"));
  FOVEA_ASSIGN_OR_RETURN(const auto exit, convolution_shape(weights, "exit"));
  if (entry.in_channels != 3 || exit.out_channels != 3)
    return fail(ErrorCode::kModel, "the network turns {} channels into {}, expected 3 into 3",
                entry.in_channels, exit.out_channels);
  FOVEA_ASSIGN_OR_RETURN(const Enlargement enlargement,
                         find_enlargement(weights, entry.out_channels));
  Model model;
  CarnBuilder builder(weights, entry.out_channels);
  FOVEA_ASSIGN_OR_RETURN(model.graph, builder.build(enlargement));
  model.colour = ColourMode::kRgb;
  model.scale = {enlargement.scale, 1};
  const bool mobile = weights.contains("b1.b1.body.4.weight");
  model.details = {{"variant", mobile ? "CARN-M" : "CARN"},
                   {"num_feat", std::to_string(entry.out_channels)}};
  return model;
}

}  // namespace

const Architecture kCarn = {"CARN", &detect, &build};

}  // namespace fovea
