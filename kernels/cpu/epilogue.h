// What every convolution kernel does with its sums, a vector of channels at a time. Included like
// vec.h.

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
    Vec a = sums + bias;
    if (args.activation == EpilogueActivation::kOther) {
      a = apply_other(a);
    } else if (args.activation != EpilogueActivation::kNone) {
      a = replace_negative(a, a * slopes);
    }
    for (int32_t r = 0; r < args.residual_count; ++r) {
      const Vec residual =
          load_some(residual_rows[r] + x * args.residual[r].pixel_stride + channel, count);
      // Not a multiply-add: the bits of an Add on its own, so that fusing changes none.
      a = set1(args.scale[r]) * a + set1(args.residual_scale[r]) * residual;
    }
    return a;
  }

  void find_rows(int64_t y, const float** residual_rows) const {
    for (int32_t r = 0; r < args.residual_count; ++r)
      residual_rows[r] = map_row(args.residual[r], y);
  }

 private:
  Vec apply_other(Vec a) const {
    float values[Vec::kLanes];
    store(values, a);
    for (int64_t i = 0; i < count; ++i)
      values[i] = args.other(args.other_context, values[i], channel + i);
    return load(values);
  }
};
