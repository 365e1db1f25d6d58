#include "loaders/architectures/mean_shift.h"

#include <cmath>

#include "loaders/rewriting/collapsed_convolution.h"

namespace fovea {

Result<MeanShift> read_mean_shift(const Weights& weights, const std::string& name,
                                  int64_t channels) {
  FOVEA_ASSIGN_OR_RETURN(const auto shift, read_convolution(weights, name));
  bool same = shift.in_channels == channels && shift.out_channels == channels && shift.kernel == 1;
  for (int64_t o = 0; same && o < channels; ++o) {
    for (int64_t i = 0; same && i < channels; ++i)
      same = shift.weight[shift.index(o, i, 0, 0)] == (o == i ? 1.0 : 0.0);
  }
  if (!same)
    return fail(ErrorCode::kModel, "{} does more than to shift {} channels", name, channels);
  return MeanShift{shift.bias, shift.names};
}

Result<MeanShifts> read_mean_shifts(const Weights& weights, const std::string& before,
                                    const std::string& after, int64_t channels) {
  MeanShifts shifts;
  FOVEA_ASSIGN_OR_RETURN(shifts.before, read_mean_shift(weights, before, channels));
  FOVEA_ASSIGN_OR_RETURN(shifts.after, read_mean_shift(weights, after, channels));
  for (size_t c = 0; c < shifts.before.bias.size(); ++c) {
    if (shifts.after.bias[c] != -shifts.before.bias[c])
      return fail(ErrorCode::kModel, "{} adds {} where {} takes {}", after, shifts.after.bias[c],
                  before, -shifts.before.bias[c]);
  }
  return shifts;
}

Result<PictureMean> read_picture_mean(const Weights& weights, int64_t channels) {
  FOVEA_ASSIGN_OR_RETURN(const MeanShifts shifts,
                         read_mean_shifts(weights, "sub_mean", "add_mean", channels));
  PictureMean told;
  // Samples are 0...255 or 0...1, and a mean colour is no darker than a hundredth.
  told.range = std::abs(shifts.before.bias[0]) > 1.0 ? 255.0 : 1.0;
  for (const double bias : shifts.before.bias) told.mean.push_back(-bias / told.range);
  for (const MeanShift& shift : {shifts.before, shifts.after})
    told.names.insert(told.names.end(), shift.names.begin(), shift.names.end());
  return told;
}

Result<PictureMean> div2k_mean(double range, int64_t channels) {
  if (channels != 3)
    return fail(ErrorCode::kModel, "its colours are shifted as three channels, and it has {}",
                channels);
  return PictureMean{range, {0.4488, 0.4371, 0.4040}, {}};
}

}  // namespace fovea
