#include "loaders/formats/onnx/onnx_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace fovea {
namespace {

constexpr size_t kMaxParts = 64;  // in all; pixel shuffles have six

bool is_one(Extent extent) { return extent == Extent(1); }

Extent product(const std::vector<AxisPart>& parts) {
  Extent length = 1;
  for (const AxisPart& part : parts) length = length * part.length;
  return length;
}

// Whether `whole` is a number of times `part`: then a part can be cut there.
bool divides(Extent part, Extent whole) {
  const Extent ratio = whole / part;
  if (!ratio.known() || ratio.numerator() < 1) return false;
  // What depends on the picture is a whole number: its sides are multiples of the denominators.
  return !ratio.is_constant() || ratio.denominator() == 1;
}

std::vector<AxisPart> whole_axis(MapAxis axis, Extent length) {
  if (is_one(length)) return {};
  return {{axis, length, 1}};
}

}  // namespace

OnnxView::OnnxView(int64_t channels, Extent height, Extent width)
    : dimensions_{{},
                  whole_axis(MapAxis::kChannels, channels),
                  whole_axis(MapAxis::kHeight, height),
                  whole_axis(MapAxis::kWidth, width)} {}

OnnxView OnnxView::channels_last(int64_t channels, Extent height, Extent width) {
  OnnxView view(channels, height, width);
  std::rotate(view.dimensions_.begin() + 1, view.dimensions_.begin() + 2, view.dimensions_.end());
  return view;
}

Extent OnnxView::length(size_t dimension) const { return product(dimensions_[dimension]); }

std::vector<Extent> OnnxView::shape() const {
  std::vector<Extent> shape;
  for (const auto& parts : dimensions_) shape.push_back(product(parts));
  return shape;
}

// Parts that follow each other in their axis are one.
void OnnxView::merge() {
  for (auto& parts : dimensions_) {
    std::vector<AxisPart> merged;
    for (const AxisPart& part : parts) {
      if (is_one(part.length)) continue;
      if (!merged.empty() && merged.back().axis == part.axis &&
          (part.axis == MapAxis::kRepeated || merged.back().stride == part.stride * part.length)) {
        merged.back().length = merged.back().length * part.length;
        merged.back().stride = part.stride;
      } else {
        merged.push_back(part);
      }
    }
    parts = std::move(merged);
  }
}

Result<OnnxView> OnnxView::reshape(std::vector<Extent> wanted, bool zero_keeps) const {
  std::vector<AxisPart> left;  // the fastest last
  for (const auto& parts : dimensions_) left.insert(left.end(), parts.begin(), parts.end());
  Extent rest = product(left);
  std::optional<size_t> inferred;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == Extent(0) && zero_keeps && i < rank()) wanted[i] = length(i);
    if (wanted[i] == Extent(-1) && !inferred) {
      inferred = i;
      continue;
    }
    if (!wanted[i].known() || wanted[i].numerator() < 1)
      return fail(ErrorCode::kModel, "reshapes {} to {}, which is not understood",
                  shape_text(shape()), shape_text(wanted));
    rest = rest / wanted[i];
  }
  if (inferred) wanted[*inferred] = rest;
  if (!rest.known() || (!inferred && !is_one(rest)))
    return fail(ErrorCode::kModel, "reshapes {} to {}: their elements differ", shape_text(shape()),
                shape_text(wanted));

  OnnxView view;
  std::reverse(left.begin(), left.end());  // the slowest last, to be taken off
  size_t parts = 0;
  for (const Extent length : wanted) {
    view.dimensions_.emplace_back();
    Extent needed = length;
    while (!is_one(needed)) {
      if (left.empty() || ++parts > kMaxParts)
        return fail(ErrorCode::kModel, "reshapes {} to {}, which is not understood",
                    shape_text(shape()), shape_text(wanted));
      AxisPart part = left.back();
      left.pop_back();
      if (divides(part.length, needed)) {
        needed = needed / part.length;
      } else if (divides(needed, part.length)) {
        const Extent inner = part.length / needed;
        left.push_back({part.axis, inner, part.stride});
        part.length = needed;
        part.stride = part.axis == MapAxis::kRepeated ? part.stride : part.stride * inner;
        needed = 1;
      } else {
        return fail(ErrorCode::kModel, "reshapes {} to {}, which mixes axes", shape_text(shape()),
                    shape_text(wanted));
      }
      view.dimensions_.back().push_back(part);
    }
  }
  view.merge();
  return view;
}

Result<OnnxView> OnnxView::transpose(const std::vector<int64_t>& order) const {
  OnnxView view;
  std::set<int64_t> taken;
  for (const int64_t from : order) {
    if (from < 0 || std::cmp_greater_equal(from, rank()) || !taken.insert(from).second) break;
    view.dimensions_.push_back(dimensions_[static_cast<size_t>(from)]);
  }
  if (order.size() != rank() || view.rank() != rank())
    return fail(ErrorCode::kModel, "the order [{}] is no permutation of {} dimensions",
                fmt::join(order, ", "), rank());
  return view;
}

Result<OnnxView> OnnxView::unsqueeze(size_t at) const {
  OnnxView view = *this;
  view.dimensions_.insert(view.dimensions_.begin() + static_cast<ptrdiff_t>(at),
                          std::vector<AxisPart>{});
  return view;
}

Result<OnnxView> OnnxView::squeeze(size_t at) const {
  if (!is_one(length(at)))
    return fail(ErrorCode::kModel, "squeezes dimension {} of {}", at, shape_text(shape()));
  OnnxView view = *this;
  view.dimensions_.erase(view.dimensions_.begin() + static_cast<ptrdiff_t>(at));
  return view;
}

Result<OnnxView> OnnxView::expand(const std::vector<Extent>& wanted) const {
  OnnxView view = *this;
  while (view.rank() < wanted.size())
    view.dimensions_.insert(view.dimensions_.begin(), std::vector<AxisPart>{});
  const size_t skipped = view.rank() - wanted.size();
  for (size_t i = 0; i < wanted.size(); ++i) {
    const Extent have = view.length(i + skipped);
    if (is_one(wanted[i]) || wanted[i] == have) continue;
    if (!is_one(have) || !wanted[i].number() || *wanted[i].number() < 1)
      return fail(ErrorCode::kModel, "expands {} to {}, which is not understood",
                  shape_text(shape()), shape_text(wanted));
    view.dimensions_[i + skipped] = {{MapAxis::kRepeated, wanted[i], 0}};
  }
  return view;
}

std::string shape_text(const std::vector<Extent>& shape) {
  std::vector<std::string> lengths;
  for (const Extent length : shape)
    lengths.push_back(length.number() ? std::to_string(*length.number()) : "?");
  return fmt::format("[{}]", fmt::join(lengths, ", "));
}

}  // namespace fovea
