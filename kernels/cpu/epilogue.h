// What every convolution kernel does with its sums, a vector of channels at a time. Included like
// vec.h.

/// The rows y of the residual maps.
static inline void find_residual_rows(const EpilogueArgs& args, int64_t y,
                                      const float** residual_rows) {
  for (int32_t r = 0; r < args.residual_count; ++r) residual_rows[r] = map_row(args.residual[r], y);
}

/// The channels [c, c + n) of an epilogue, n <= Vec::kLanes, with their bias and slopes at hand.
struct Epilogue {
  const EpilogueArgs& args;
  int64_t channel;
  int64_t count;
  Vec bias;
  Vec slopes;

  Epilogue(const EpilogueArgs& epilogue, int64_t c, int64_t n)
      : args(epilogue),
        channel(c),
        count(n),
        bias(load(epilogue.bias + c)),
        slopes(set1(epilogue.slope)) {
    if (epilogue.activation == EpilogueActivation::kPrelu) slopes = load(epilogue.slopes + c);
  }

  /// The finished value of pixel (y, x) from its sums; `residual_rows` are the rows y of the
  /// residual maps.
  Vec apply(Vec sums, const float* const* residual_rows, int64_t x) const {
    Vec a = activated(args.activation, sums + bias, slopes);
    for (int32_t r = 0; r < args.residual_count; ++r) {
      const Vec residual =
          load_some(residual_rows[r] + x * args.residual[r].pixel_stride + channel, count);
      // Not a multiply-add: the bits of an Add on its own, so that fusing changes none.
      a = set1(args.scale[r]) * a + set1(args.residual_scale[r]) * residual;
    }
    return a;
  }

  void store_pixel(float* pixel, Vec a) const { store_some(pixel, a, count); }

  void find_rows(int64_t y, const float** residual_rows) const {
    find_residual_rows(args, y, residual_rows);
  }
};

/// The usual ones, of a whole vector of channels: what they consist of is known when they are
/// compiled, so that a tile's outputs pass through them in registers.
template <bool kActivated, int32_t kResiduals>
struct UsualEpilogue {
  int64_t channel;
  Vec bias;
  Vec slopes;
  Vec scale[kResiduals + 1];
  Vec residual_scale[kResiduals + 1];
  int64_t residual_stride[kResiduals + 1];

  UsualEpilogue(const EpilogueArgs& args, int64_t c)
      : channel(c), bias(load(args.bias + c)), slopes(set1(args.slope)) {
    if (args.activation == EpilogueActivation::kPrelu) slopes = load(args.slopes + c);
    for (int32_t r = 0; r < kResiduals; ++r) {
      scale[r] = set1(args.scale[r]);
      residual_scale[r] = set1(args.residual_scale[r]);
      residual_stride[r] = args.residual[r].pixel_stride;
    }
  }

  Vec apply(Vec sums, const float* const* residual_rows, int64_t x) const {
    Vec a = sums + bias;
    if constexpr (kActivated) a = scale_negative(a, slopes);
    for (int32_t r = 0; r < kResiduals; ++r)
      a = scale[r] * a +
          residual_scale[r] * load(residual_rows[r] + x * residual_stride[r] + channel);
    return a;
  }

  void store_pixel(float* pixel, Vec a) const { store(pixel, a); }
};

template <int32_t kResiduals, class Work>
static inline void with_residuals(const EpilogueArgs& args, int64_t c, const Work& work) {
  if (args.activation == EpilogueActivation::kNone)
    work(UsualEpilogue<false, kResiduals>(args, c));
  else
    work(UsualEpilogue<true, kResiduals>(args, c));
}

/// Calls `work` with the epilogue of channels [c, c + count) in the fastest form there is of it.
template <class Work>
static inline void with_epilogue(const EpilogueArgs& args, int64_t c, int64_t count,
                                 const Work& work) {
  if (count < Vec::kLanes || args.residual_count > 2 ||
      args.activation > EpilogueActivation::kPrelu)
    return work(Epilogue(args, c, count));
  if (args.residual_count == 0) return with_residuals<0>(args, c, work);
  if (args.residual_count == 1) return with_residuals<1>(args, c, work);
  with_residuals<2>(args, c, work);
}
