#include "loaders/architectures/joined_tail.h"

#include "loaders/architectures/parameters.h"

namespace fovea {

Result<JoinedTail> read_joined_tail(const Weights& weights, std::string last, std::string clip,
                                    int64_t channels) {
  FOVEA_ASSIGN_OR_RETURN(const auto shape, convolution_shape(weights, clip));
  constexpr int64_t kMaxFactor = 16;
  for (int64_t s = 1; s <= kMaxFactor; ++s) {
    const int64_t wanted = channels * s * s;
    if (wanted == shape.out_channels || (s == 3 && wanted + 1 == shape.out_channels))
      return JoinedTail{std::move(last), std::move(clip), shape.out_channels, channels, s};
  }
  return fail(ErrorCode::kModel, "the last convolution's {} channels are not {} times a square",
              shape.out_channels, channels);
}

ValueId joined_tail(GraphBuilder& b, ValueId y, const JoinedTail& tail) {
  y = b.relu(b.convolution(y, tail.last, tail.width, 3), tail.last + ".relu");
  // Ones less what is there, of which nothing is left below 0: 1 at most.
  y = b.relu(b.convolution(y, tail.clip, tail.width, 1), tail.clip + ".relu");
  const int64_t wanted = tail.channels * tail.factor * tail.factor;
  if (wanted < tail.width) y = b.slice(y, 0, wanted, "spare");
  return tail.factor > 1 ? b.pixel_shuffle(y, tail.factor, "upsampler") : y;
}

}  // namespace fovea
