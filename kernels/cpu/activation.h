// Activations a vector at a time. Included like vec.h.

/// e^x, x brought into -87 ... 88 where e^x is a normal number; NaN stays. x = n ln 2 + r with
/// |r| <= ln(2) / 2: 2^n times the Taylor series of e^r to r^7, whose remainder is below
/// 0.3466^8 / 8! = 5.2e-9, a tenth of a unit in the last place.
static inline Vec exponential(Vec x) {
  constexpr float kLog2E = 1.44269504f;
  // ln 2 in two parts, the first of 17 bits, so that n times it is exact.
  constexpr float kLn2High = 0x1.62e4p-1f;
  constexpr float kLn2Low = 1.42860677e-6f;
  x = highest(set1(-87.0f), lowest(set1(88.0f), x));
  const Vec shifted = fma(x, set1(kLog2E), set1(kShift));
  const Vec n = shifted - set1(kShift);
  const Vec r = fma(n, set1(-kLn2Low), fma(n, set1(-kLn2High), x));
  constexpr float kSeries[] = {1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24,
                               1.0f / 6,    1.0f / 2,   1.0f,       1.0f};
  Vec sum = set1(kSeries[0]);
  for (int i = 1; i < 8; ++i) sum = fma(sum, r, set1(kSeries[i]));
  return sum * power_of_two(shifted);
}

static inline Vec sigmoid(Vec x) { return set1(1.0f) / (set1(1.0f) + exponential(zero() - x)); }

/// x tanh(log(1 + e^x)) with e = e^x: tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2), where nothing
/// cancels; 1 to f32 from x = 20 on.
static inline Vec mish(Vec x) {
  const Vec e = exponential(lowest(set1(20.0f), x));
  const Vec n = e * (e + set1(2.0f));
  return x * (n / (n + set1(2.0f)));
}

static inline Vec hard_swish(Vec x) {
  return x * lowest(set1(6.0f), highest(zero(), x + set1(3.0f))) / set1(6.0f);
}

/// `slope` is that of kLeaky or kPrelu. Not for kOther.
static inline Vec activated(EpilogueActivation activation, Vec x, Vec slope) {
  switch (activation) {
    case EpilogueActivation::kLeaky:
    case EpilogueActivation::kPrelu:
      return scale_negative(x, slope);
    case EpilogueActivation::kSigmoid:
      return sigmoid(x);
    case EpilogueActivation::kSilu:
      return x * sigmoid(x);
    case EpilogueActivation::kMish:
      return mish(x);
    case EpilogueActivation::kHardSwish:
      return hard_swish(x);
    case EpilogueActivation::kNone:
    case EpilogueActivation::kOther:
      break;
  }
  return x;
}
