#include "tests/naive_operators.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace fovea::test {
namespace {

std::vector<float> values_of(const Graph& graph, ParameterId id) {
  return id == kNoParameter ? std::vector<float>{} : *to_f32(graph.parameter(id));
}

double activation(const Graph& graph, const Activation& a, double x, int64_t c) {
  switch (a.kind) {
    case ActivationKind::kNone:
      return x;
    case ActivationKind::kRelu:
      return std::max(x, 0.0);
    case ActivationKind::kLeakyRelu:
      return x >= 0 ? x : x * a.negative_slope;
    case ActivationKind::kPrelu: {
      const auto slopes = values_of(graph, a.slopes);
      return x >= 0 ? x : x * slopes[slopes.size() == 1 ? 0 : static_cast<size_t>(c)];
    }
    case ActivationKind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::kSilu:
      return x / (1 + std::exp(-x));
    case ActivationKind::kTanh:
      return std::tanh(x);
    case ActivationKind::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::numbers::sqrt2));
    case ActivationKind::kMish:
      return x * std::tanh(std::log1p(std::exp(x)));
    case ActivationKind::kHardSwish:
      return x * std::clamp(x + 3, 0.0, 6.0) / 6;
  }
  return x;
}

// Keys' kernel and the others, straight from their definitions.
double resize_kernel(const Resize& op, double t) {
  t = std::abs(t);
  const auto sinc = [](double v) {
    return v == 0 ? 1.0 : std::sin(std::numbers::pi * v) / (std::numbers::pi * v);
  };
  switch (op.filter) {
    case ResizeFilter::kNearest:
      return t <= 0.5 ? 1 : 0;
    case ResizeFilter::kBilinear:
      return std::max(0.0, 1 - t);
    case ResizeFilter::kBicubic:
      if (t < 1) return (op.cubic_a + 2) * t * t * t - (op.cubic_a + 3) * t * t + 1;
      if (t < 2)
        return op.cubic_a * t * t * t - 5 * op.cubic_a * t * t + 8 * op.cubic_a * t -
               4 * op.cubic_a;
      return 0;
    case ResizeFilter::kLanczos3:
      return t < 3 ? sinc(t) * sinc(t / 3) : 0;
  }
  return 0;
}

// weight of input sample `in` for output sample `out`, borders clamped: a dense matrix (out_length,
// in_length).
std::vector<double> resize_matrix(const Resize& op, int64_t in_length, int64_t out_length) {
  std::vector<double> matrix(static_cast<size_t>(in_length * out_length));
  const double s = static_cast<double>(out_length) / static_cast<double>(in_length);
  const double stretch = op.antialias && s < 1 && op.filter != ResizeFilter::kNearest ? 1 / s : 1;
  for (int64_t o = 0; o < out_length; ++o) {
    double* row = matrix.data() + o * in_length;
    const double u = (static_cast<double>(o) + 0.5) / s - 0.5;
    if (op.filter == ResizeFilter::kNearest) {
      row[std::clamp<int64_t>(static_cast<int64_t>(std::floor(u + 0.5)), 0, in_length - 1)] = 1;
      continue;
    }
    double sum = 0;
    const auto reach = static_cast<int64_t>(std::ceil(3 * stretch)) + 2;
    for (int64_t i = static_cast<int64_t>(std::floor(u)) - reach;
         i <= u + static_cast<double>(reach); ++i) {
      const double weight = resize_kernel(op, (u - static_cast<double>(i)) / stretch);
      row[std::clamp<int64_t>(i, 0, in_length - 1)] += weight;
      sum += weight;
    }
    for (int64_t i = 0; i < in_length; ++i) row[i] /= sum;
  }
  return matrix;
}

struct Evaluator {
  const Graph& graph;
  const Node& node;
  const std::vector<Tensor>& inputs;
  NaiveResult result;

  double in(size_t n, int64_t y, int64_t x, int64_t c) const {
    const ConstTensorView map = inputs[n].view();
    // One pixel stands for the whole picture.
    if (n > 0 && map.size() == Size{1, 1}) return map.at(0, 0)[c];
    if (y < 0 || y >= map.height || x < 0 || x >= map.width) return 0;
    return map.at(y, x)[c];
  }

  void make(Size size) {
    const int64_t channels = graph.value(node.output).channels;
    result.value = Tensor(size, channels);
    result.magnitude = Tensor(size, channels);
  }

  // Sets every value from visit(y, x, c) -> {value, magnitude}.
  template <class Visit>
  void fill(Visit visit) {
    const TensorView value = result.value.view();
    const TensorView magnitude = result.magnitude.view();
    for (int64_t y = 0; y < value.height; ++y) {
      for (int64_t x = 0; x < value.width; ++x) {
        for (int64_t c = 0; c < value.channels; ++c) {
          const auto [v, m] = visit(y, x, c);
          value.at(y, x)[c] = static_cast<float>(v);
          magnitude.at(y, x)[c] = static_cast<float>(m);
        }
      }
    }
  }

  void operator()(const Convolution& op) {
    const auto weight = values_of(graph, op.weight);
    const auto bias = values_of(graph, op.bias);
    const int64_t group_in = inputs[0].channels() / op.groups;
    const int64_t group_out = op.out_channels / op.groups;
    result.terms = static_cast<double>(group_in * op.kernel_h * op.kernel_w + 4);
    fill([&](int64_t y, int64_t x, int64_t k) {
      double sum = bias.empty() ? 0 : bias[static_cast<size_t>(k)];
      double magnitude = std::abs(sum);
      for (int64_t c = 0; c < group_in; ++c) {
        for (int64_t u = 0; u < op.kernel_h; ++u) {
          for (int64_t v = 0; v < op.kernel_w; ++v) {
            const double term = weight[static_cast<size_t>(
                                    ((k * group_in + c) * op.kernel_h + u) * op.kernel_w + v)] *
                                in(0, y + u - op.kernel_h / 2, x + v - op.kernel_w / 2,
                                   k / group_out * group_in + c);
            sum += term;
            magnitude += std::abs(term);
          }
        }
      }
      sum = activation(graph, op.activation, sum, k);
      for (size_t r = 0; r < op.residuals.size(); ++r) {
        const double residual = op.residuals[r].residual_scale * in(r + 1, y, x, k);
        sum = op.residuals[r].scale * sum + residual;
        magnitude = std::abs(op.residuals[r].scale) * magnitude + std::abs(residual);
      }
      return std::pair(sum, magnitude);
    });
  }

  // One convolution after the other, each evaluated as above on the maps before it.
  void operator()(const DenseBlock& op) {
    Tensor grown = inputs[0];
    double terms = 0;
    for (size_t n = 0; n < op.convolutions.size(); ++n) {
      const bool last = n + 1 == op.convolutions.size();
      std::vector<Tensor> seen{grown};
      if (last) seen.insert(seen.end(), inputs.begin() + 1, inputs.end());
      Evaluator each{graph, node, seen, {}};
      each.result.value = Tensor(grown.size(), op.convolutions[n].out_channels);
      each.result.magnitude = each.result.value;
      each(op.convolutions[n]);
      // Every layer passes on the errors of the ones before, weighted as its own terms are.
      terms = each.result.terms + 2 * terms;
      if (last)
        result = std::move(each.result);
      else
        grown = join(grown, each.result.value);
    }
    result.terms = terms;
  }

  void operator()(const ShuffleConvolution& op) {
    const std::vector<Tensor> seen{inputs[0]};
    Evaluator small{graph, node, seen, {}};
    small.result.value = Tensor(inputs[0].size(), op.convolution.out_channels);
    small.result.magnitude = small.result.value;
    small(op.convolution);
    result.terms = small.result.terms + 1;
    const Tensor& value = small.result.value;
    const Tensor& magnitude = small.result.magnitude;
    const int64_t r = op.factor;
    fill([&](int64_t y, int64_t x, int64_t c) {
      const int64_t k = c * r * r + (y % r) * r + x % r;
      const double base = op.base ? in(1, y / r, x / r, c) : 0.0;
      return std::pair(static_cast<double>(value.view().at(y / r, x / r)[k]) + base,
                       static_cast<double>(magnitude.view().at(y / r, x / r)[k]) + std::abs(base));
    });
  }

  static Tensor join(const Tensor& a, const Tensor& b) {
    Tensor joined(a.size(), a.channels() + b.channels());
    for (int64_t y = 0; y < a.size().height; ++y) {
      for (int64_t x = 0; x < a.size().width; ++x) {
        float* pixel = joined.view().at(y, x);
        pixel = std::copy_n(a.view().at(y, x), a.channels(), pixel);
        std::copy_n(b.view().at(y, x), b.channels(), pixel);
      }
    }
    return joined;
  }

  void operator()(const UpsampleConvolution& op) {
    const auto weight = values_of(graph, op.weight);
    const auto bias = values_of(graph, op.bias);
    const int64_t channels = inputs[0].channels();
    result.terms = static_cast<double>(4 * channels + 2);
    fill([&](int64_t y, int64_t x, int64_t k) {
      double sum = bias.empty() ? 0 : bias[static_cast<size_t>(k)];
      double magnitude = std::abs(sum);
      const int64_t phase = 2 * (y % 2) + x % 2;
      for (int64_t c = 0; c < channels; ++c) {
        for (int64_t u = 0; u < 2; ++u) {
          for (int64_t v = 0; v < 2; ++v) {
            const double term =
                weight[static_cast<size_t>(
                    (((phase * op.out_channels + k) * channels + c) * 2 + u) * 2 + v)] *
                in(0, y / 2 + u - 1 + y % 2, x / 2 + v - 1 + x % 2, c);
            sum += term;
            magnitude += std::abs(term);
          }
        }
      }
      return std::pair(activation(graph, op.activation, sum, k), magnitude);
    });
  }

  void operator()(const Activate& op) {
    result.terms = 8;  // the library's exp, erf and tanh are within a few units in the last place
    fill([&](int64_t y, int64_t x, int64_t c) {
      const double value = in(0, y, x, c);
      return std::pair(activation(graph, op.activation, value, c), std::abs(value) + 1);
    });
  }

  void operator()(const Add& op) {
    result.terms = static_cast<double>(op.scales.size()) + 1;
    fill([&](int64_t y, int64_t x, int64_t c) {
      double sum = 0;
      double magnitude = 0;
      for (size_t n = 0; n < inputs.size(); ++n) {
        sum += static_cast<double>(op.scales[n]) * in(n, y, x, c);
        magnitude += std::abs(static_cast<double>(op.scales[n]) * in(n, y, x, c));
      }
      return std::pair(sum, magnitude);
    });
  }

  void operator()(const Multiply&) {
    fill([&](int64_t y, int64_t x, int64_t c) {
      const double value = in(0, y, x, c) * in(1, y, x, c);
      return std::pair(value, std::abs(value));
    });
  }

  void operator()(const Concat&) {
    fill([&](int64_t y, int64_t x, int64_t c) {
      size_t n = 0;
      while (c >= inputs[n].channels()) c -= inputs[n++].channels();
      return std::pair(in(n, y, x, c), 0.0);
    });
  }

  void operator()(const Slice& op) {
    fill(
        [&](int64_t y, int64_t x, int64_t c) { return std::pair(in(0, y, x, op.begin + c), 0.0); });
  }

  void operator()(const Resize& op) {
    const Size from = inputs[0].size();
    const Size to = result.value.size();
    const auto rows = resize_matrix(op, from.height, to.height);
    const auto columns = resize_matrix(op, from.width, to.width);
    result.terms = 64;  // sums are in f64: the weights' rounding is what is left
    fill([&](int64_t y, int64_t x, int64_t c) {
      double sum = 0;
      double magnitude = 0;
      for (int64_t u = 0; u < from.height; ++u) {
        for (int64_t v = 0; v < from.width; ++v) {
          const double term = rows[static_cast<size_t>(y * from.height + u)] *
                              columns[static_cast<size_t>(x * from.width + v)] * in(0, u, v, c);
          sum += term;
          magnitude += std::abs(term);
        }
      }
      return std::pair(sum, magnitude);
    });
  }

  void operator()(const PixelShuffle& op) {
    const int64_t r = op.factor;
    fill([&](int64_t y, int64_t x, int64_t c) {
      return std::pair(in(0, y / r, x / r, c * r * r + (y % r) * r + x % r), 0.0);
    });
  }

  void operator()(const PixelUnshuffle& op) {
    const int64_t r = op.factor;
    fill([&](int64_t y, int64_t x, int64_t c) {
      const int64_t offset = c % (r * r);
      return std::pair(in(0, y * r + offset / r, x * r + offset % r, c / (r * r)), 0.0);
    });
  }

  void operator()(const Affine& op) {
    const auto weight = values_of(graph, op.weight);
    const auto bias = values_of(graph, op.bias);
    result.terms = 2;
    fill([&](int64_t y, int64_t x, int64_t c) {
      const double product = (weight.empty() ? 1 : weight[static_cast<size_t>(c)]) * in(0, y, x, c);
      const double shift = bias.empty() ? 0 : bias[static_cast<size_t>(c)];
      return std::pair(product + shift, std::abs(product) + std::abs(shift));
    });
  }

  void operator()(const Clamp& op) {
    fill([&](int64_t y, int64_t x, int64_t c) {
      return std::pair(std::clamp<double>(in(0, y, x, c), op.low, op.high), 0.0);
    });
  }

  // Mean and variance of channels [first, first + count) over `rows` x `columns` pixels from (y,
  // x).
  std::pair<double, double> moments(int64_t y, int64_t x, Size size, int64_t first,
                                    int64_t count) const {
    std::vector<double> values;
    for (int64_t n = 0; n < size.area(); ++n) {
      for (int64_t c = first; c < first + count; ++c)
        values.push_back(in(0, y + n / size.width, x + n % size.width, c));
    }
    const auto many = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / many;
    double variance = 0;
    for (const double value : values) variance += (value - mean) * (value - mean) / many;
    return {mean, variance};
  }

  void operator()(const GlobalAverage& op) {
    result.terms = 2;
    fill([&](int64_t, int64_t, int64_t c) {
      const auto [mean, variance] = moments(0, 0, inputs[0].size(), c, 1);
      return std::pair(op.deviation ? std::sqrt(variance) : mean, std::abs(mean) + 1);
    });
  }

  void operator()(const GroupNormFactors& op) {
    const auto weight = values_of(graph, op.weight);
    const auto bias = values_of(graph, op.bias);
    const int64_t channels = inputs[0].channels();
    const int64_t together = channels / op.groups;
    result.terms = 4;
    fill([&](int64_t, int64_t, int64_t k) {
      const int64_t c = k % channels;
      const auto n = static_cast<size_t>(c);
      const auto [mean, variance] =
          moments(0, 0, inputs[0].size(), c / together * together, together);
      const double factor = (weight.empty() ? 1 : weight[n]) / std::sqrt(variance + op.epsilon);
      const double shift = (bias.empty() ? 0 : bias[n]) - mean * factor;
      return std::pair(k < channels ? factor : shift, std::abs(factor) + std::abs(shift));
    });
  }

  void operator()(const ChannelNorm& op) {
    const auto weight = values_of(graph, op.weight);
    const auto bias = values_of(graph, op.bias);
    const int64_t channels = inputs[0].channels();
    result.terms = 2 * static_cast<double>(channels) + 4;
    fill([&](int64_t y, int64_t x, int64_t c) {
      auto [mean, variance] = moments(y, x, {1, 1}, 0, channels);
      if (!op.centred) {
        variance += mean * mean;
        mean = 0;
      }
      const auto n = static_cast<size_t>(c);
      const double root =
          op.adds_to_root ? std::sqrt(variance) + op.epsilon : std::sqrt(variance + op.epsilon);
      const double factor = (weight.empty() ? 1 : weight[n]) / root;
      const double shift = bias.empty() ? 0 : bias[n];
      const double value = in(0, y, x, c);
      return std::pair((value - mean) * factor + shift,
                       (std::abs(value) + std::abs(mean) + 1) * std::abs(factor) + std::abs(shift));
    });
  }

  // A line of `length` samples continued: walked step by step, turned around at its ends.
  static int64_t reflected(int64_t index, int64_t length) {
    if (length == 1) return 0;
    while (index < 0 || index >= length) index = index < 0 ? -index : 2 * (length - 1) - index;
    return index;
  }

  void operator()(const Pad& op) {
    const Size size = inputs[0].size();
    fill([&](int64_t y, int64_t x, int64_t c) {
      y -= op.margin;
      x -= op.margin;
      if (op.mode == PadMode::kReflect) {
        y = reflected(y, size.height);
        x = reflected(x, size.width);
      } else if (op.mode == PadMode::kReplicate) {
        y = std::min(std::max<int64_t>(y, 0), size.height - 1);
        x = std::min(std::max<int64_t>(x, 0), size.width - 1);
      }
      return std::pair(in(0, y, x, c), 0.0);
    });
  }

  void operator()(const Crop& op) {
    fill([&](int64_t y, int64_t x, int64_t c) {
      return std::pair(in(0, y + op.margin, x + op.margin, c), 0.0);
    });
  }

  void operator()(const Pool& op) {
    result.terms = static_cast<double>(op.kernel * op.kernel) + 1;
    fill([&](int64_t y, int64_t x, int64_t c) {
      double most = -std::numeric_limits<double>::infinity();
      double sum = 0, magnitude = 0;
      for (int64_t u = 0; u < op.kernel; ++u) {
        for (int64_t v = 0; v < op.kernel; ++v) {
          const double value =
              in(0, op.margin + y * op.stride + u, op.margin + x * op.stride + v, c);
          most = std::max(most, value);
          sum += value;
          magnitude += std::abs(value);
        }
      }
      if (op.kind == PoolKind::kMax) return std::pair(most, 0.0);
      const auto area = static_cast<double>(op.kernel * op.kernel);
      return std::pair(sum / area, magnitude / area);
    });
  }

  // As PyTorch's grid_sample defines it: four weights of one point, which is clamped to the map.
  void operator()(const GridSample& op) {
    const Size size = inputs[0].size();
    const int64_t r = op.factor;
    const int64_t together = inputs[0].channels() / op.groups;
    result.terms = 8;
    fill([&](int64_t y, int64_t x, int64_t c) {
      const int64_t first = c / together * r * r + (y % r) * r + x % r;
      const auto place = [&](int64_t index, int64_t offset, int64_t length) {
        const ConstTensorView map = inputs[1].view();
        const double at = static_cast<double>(index) + map.at(y / r, x / r)[offset];
        return std::clamp<double>(at, 0, static_cast<double>(length - 1));
      };
      const double column = place(x / r, first, size.width);
      const double row = place(y / r, first + op.groups * r * r, size.height);
      double sum = 0, magnitude = 0;
      for (int64_t v = 0; v < size.height; ++v) {
        for (int64_t u = 0; u < size.width; ++u) {
          const double share = std::max(0.0, 1 - std::abs(column - static_cast<double>(u))) *
                               std::max(0.0, 1 - std::abs(row - static_cast<double>(v)));
          sum += share * in(0, v, u, c);
          magnitude += std::abs(in(0, v, u, c));
        }
      }
      return std::pair(sum, magnitude);
    });
  }
};

}  // namespace

NaiveResult evaluate_naively(const Graph& graph, const Node& node,
                             const std::vector<Tensor>& inputs) {
  std::vector<Size> sizes;
  for (const Tensor& input : inputs) sizes.push_back(input.size());
  Evaluator evaluator{graph, node, inputs, {}};
  evaluator.make(*output_size(node.op, sizes));
  std::visit(evaluator, node.op);
  return std::move(evaluator.result);
}

}  // namespace fovea::test
