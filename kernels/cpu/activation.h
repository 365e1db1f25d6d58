// Activations a vector at a time. Included like vec.h.

/// x = n ln 2 + r with |r| <= ln(2) / 2.
struct Reduced {
  Vec shifted;  // n + kShift, as power_of_two wants it
  Vec r;
};

static inline Reduced reduced(Vec x) {
  constexpr float kLog2E = 1.44269504f;
  // ln 2 in two parts, the first of 17 bits, so that n times it is exact.
  constexpr float kLn2High = 0x1.62e4p-1f;
  constexpr float kLn2Low = 1.42860677e-6f;
  const Vec shifted = fma(x, set1(kLog2E), set1(kShift));
  const Vec n = shifted - set1(kShift);
  return {shifted, fma(n, set1(-kLn2Low), fma(n, set1(-kLn2High), x))};
}

template <int kCount>
static inline Vec horner(const float (&coefficients)[kCount], Vec x) {
  Vec sum = set1(coefficients[0]);
  for (int i = 1; i < kCount; ++i) sum = fma(sum, x, set1(coefficients[i]));
  return sum;
}

/// (e^r - 1) / r for |r| <= ln(2) / 2: the Taylor series to r^6, whose remainder in e^r is below
/// 0.3466^8 / 8! = 5.2e-9, a tenth of a unit in the last place.
static inline Vec exponential_slope(Vec r) {
  constexpr float kSeries[] = {1.0f / 5040, 1.0f / 720, 1.0f / 120, 1.0f / 24,
                               1.0f / 6,    1.0f / 2,   1.0f};
  return horner(kSeries, r);
}

/// e^x, x brought into -87 ... 88 where e^x is a normal number; NaN stays.
static inline Vec exponential(Vec x) {
  const Reduced parts = reduced(highest(set1(-87.0f), lowest(set1(88.0f), x)));
  return fma(exponential_slope(parts.r), parts.r, set1(1.0f)) * power_of_two(parts.shifted);
}

/// With m = e^2x - 1 = 2^n (e^r - 1) + (2^n - 1), which keeps its digits around 0 where n is 0 and
/// loses one at most elsewhere: tanh x = m / (m + 2). To f32 it is 1 from |x| = 9.1 on.
static inline Vec hyperbolic_tangent(Vec x) {
  const Reduced parts = reduced(highest(set1(-20.0f), lowest(set1(20.0f), x + x)));
  const Vec power = power_of_two(parts.shifted);
  const Vec m = fma(exponential_slope(parts.r) * parts.r, power, power - set1(1.0f));
  return m / (m + set1(2.0f));
}

/// x Phi(x), Phi the normal distribution: max(x, 0) - |x| h(|x|), h(a) = 1 - Phi(a) = erfc(z) / 2,
/// z = a / sqrt(2). With t = 1 / (1 + z / 2) erfc(z) = t e^(P(t) - z^2), P a polynomial that the
/// function log(erfc(z) / t) + z^2 is within 1.4e-7 of for all a to 13.3, beyond which h is below
/// f32's normal numbers (least squares at 200 Chebyshev points in 40 digits, rounded to f32).
static inline Vec gelu(Vec x) {
  constexpr float kTail[] = {0.13954683f,  -0.65134144f, 1.0869086f,  -0.60266924f, -0.15827997f,
                             0.043063443f, 0.02025136f,  0.38967544f, 0.99827516f,  -1.2654302f};
  constexpr float kHalfOfRootHalf = 0.35355339f;
  const Vec a = lowest(set1(13.3f), highest(zero() - x, x));
  const Vec t = set1(1.0f) / fma(a, set1(kHalfOfRootHalf), set1(1.0f));
  const Vec h = set1(0.5f) * t * exponential(fma(set1(-0.5f) * a, a, horner(kTail, t)));
  return highest(zero(), x) - a * h;
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

/// `slope` is that of kLeaky or kPrelu.
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
    case EpilogueActivation::kTanh:
      return hyperbolic_tangent(x);
    case EpilogueActivation::kGelu:
      return gelu(x);
    case EpilogueActivation::kNone:
      break;
  }
  return x;
}
