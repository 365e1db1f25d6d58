// Operators that read one pixel of each map to write one. Included like vec.h.

/// Calls f(x, c, n) for each vector of n channels from c on of each pixel x, and stores what it
/// gives.
template <class Value>
static inline void for_each_vector(const PointwiseArgs& args, const Value& value) {
  for (int64_t x = 0; x < args.width; ++x) {
    float* const out = args.out + x * args.out_stride;
    for (int64_t c = 0; c < args.channels; c += Vec::kLanes) {
      const int64_t n = min_of(args.channels - c, Vec::kLanes);
      store_some(out + c, value(x, c, n), n);
    }
  }
}

static inline Vec input_vector(const PointwiseArgs& args, int32_t index, int64_t x, int64_t c,
                               int64_t n) {
  return load_some(args.in[index] + x * args.in_stride[index] + c, n);
}

/// The kind of activation is known where the loop is compiled.
template <EpilogueActivation kActivation>
static inline void activate_row(const PointwiseArgs& args) {
  for_each_vector(args, [&](int64_t x, int64_t c, int64_t n) {
    const Vec slope = kActivation == EpilogueActivation::kPrelu ? load_some(args.slopes + c, n)
                                                                : set1(args.slope);
    return activated(kActivation, input_vector(args, 0, x, c, n), slope);
  });
}

static inline void activate_row(const PointwiseArgs& args) {
  switch (args.activation) {
    case EpilogueActivation::kLeaky:
      return activate_row<EpilogueActivation::kLeaky>(args);
    case EpilogueActivation::kPrelu:
      return activate_row<EpilogueActivation::kPrelu>(args);
    case EpilogueActivation::kSigmoid:
      return activate_row<EpilogueActivation::kSigmoid>(args);
    case EpilogueActivation::kSilu:
      return activate_row<EpilogueActivation::kSilu>(args);
    case EpilogueActivation::kMish:
      return activate_row<EpilogueActivation::kMish>(args);
    case EpilogueActivation::kHardSwish:
      return activate_row<EpilogueActivation::kHardSwish>(args);
    case EpilogueActivation::kTanh:
      return activate_row<EpilogueActivation::kTanh>(args);
    case EpilogueActivation::kGelu:
      return activate_row<EpilogueActivation::kGelu>(args);
    case EpilogueActivation::kNone:
      return activate_row<EpilogueActivation::kNone>(args);
  }
}

/// The sum of value(v, n) over the vectors v of n channels of a pixel, in an order that is the same
/// at every level: 16 sums side by side, then those in turn.
template <class Value>
static inline float sum_of_channels(const float* in, int64_t channels, const Value& value) {
  constexpr int64_t kSums = 16;
  Vec sums[kSums / Vec::kLanes];
  for (Vec& each : sums) each = zero();
  for (int64_t c = 0; c < channels; c += kSums) {
    int64_t n = min_of(channels - c, kSums);
    for (int64_t i = 0; n > 0; ++i, n -= Vec::kLanes) {
      float some[Vec::kLanes] = {};  // lanes beyond the channels stay zero
      const Vec term = value(load_some(in + c + i * Vec::kLanes, n));
      store_some(some, term, n);
      sums[i] = sums[i] + (n >= Vec::kLanes ? term : load(some));
    }
  }
  float lanes[kSums];
  for (int64_t i = 0; i < kSums / Vec::kLanes; ++i) store(lanes + i * Vec::kLanes, sums[i]);
  float sum = 0.0f;
  for (const float lane : lanes) sum += lane;
  return sum;
}

static inline void normalise_row(const PointwiseArgs& args) {
  const float count = static_cast<float>(args.channels);
  for (int64_t x = 0; x < args.width; ++x) {
    const float* const in = args.in[0] + x * args.in_stride[0];
    float* const out = args.out + x * args.out_stride;
    const float mean =
        args.centred ? sum_of_channels(in, args.channels, [](Vec v) { return v; }) / count : 0.0f;
    const float squares = sum_of_channels(in, args.channels, [&](Vec v) {
      const Vec d = v - set1(mean);
      return d * d;
    });
    const float root = __builtin_sqrtf(squares / count + args.epsilon);
    const float scale = 1.0f / (root + args.root_epsilon);
    for (int64_t c = 0; c < args.channels; c += Vec::kLanes) {
      const int64_t n = min_of(args.channels - c, Vec::kLanes);
      const Vec normal = (load_some(in + c, n) - set1(mean)) * set1(scale);
      store_some(out + c, load_some(args.weight + c, n) * normal + load_some(args.bias + c, n), n);
    }
  }
}

/// See KernelTable.
static void pointwise(const PointwiseArgs& args) {
  switch (args.kind) {
    case PointwiseKind::kActivate:
      return activate_row(args);
    case PointwiseKind::kAdd:
      return for_each_vector(args, [&](int64_t x, int64_t c, int64_t n) {
        Vec sum = set1(args.scale[0]) * input_vector(args, 0, x, c, n);
        // Not multiply-adds: the reference's bits.
        for (int32_t i = 1; i < args.input_count; ++i)
          sum = sum + set1(args.scale[i]) * input_vector(args, i, x, c, n);
        return sum;
      });
    case PointwiseKind::kMultiply:
      return for_each_vector(args, [&](int64_t x, int64_t c, int64_t n) {
        return input_vector(args, 0, x, c, n) * input_vector(args, 1, x, c, n);
      });
    case PointwiseKind::kAffine:
      return for_each_vector(args, [&](int64_t x, int64_t c, int64_t n) {
        return load_some(args.weight + c, n) * input_vector(args, 0, x, c, n) +
               load_some(args.bias + c, n);
      });
    case PointwiseKind::kNormalise:
      return normalise_row(args);
    case PointwiseKind::kClamp:
      return for_each_vector(args, [&](int64_t x, int64_t c, int64_t n) {
        return highest(set1(args.low), lowest(set1(args.high), input_vector(args, 0, x, c, n)));
      });
  }
}
