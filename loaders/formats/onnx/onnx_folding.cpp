#include "loaders/formats/onnx/onnx_folding.h"

#include <algorithm>
#include <cstring>

#include "loaders/formats/checked_arithmetic.h"
#include "loaders/formats/onnx/onnx_tensor_message.h"

namespace fovea {

Result<OnnxConstant> picked(const OnnxConstant& from, std::vector<int64_t> shape,
                            const std::vector<int64_t>& sources, OnnxBuild& build) {
  FOVEA_TRY(build.make_room(static_cast<int64_t>(sources.size())));
  for (const int64_t source : sources) {
    if (source < 0 || source >= from.count())
      return fail(ErrorCode::kModel, "reads element {} of {}", source, from.count());
  }
  OnnxConstant result;
  result.tensor.dtype = from.tensor.dtype;
  result.tensor.shape = std::move(shape);
  if (from.is_symbolic()) {
    std::vector<Extent> values;
    for (const int64_t source : sources)
      values.push_back(from.extents[static_cast<size_t>(source)]);
    // What is picked may be plain numbers.
    return make_onnx_constant(result.tensor.dtype, std::move(result.tensor.shape),
                              std::move(values));
  }
  const auto size = static_cast<size_t>(element_bytes(from.tensor.dtype));
  std::shared_ptr<std::byte[]> bytes(new std::byte[sources.size() * size]);
  for (size_t i = 0; i < sources.size(); ++i)
    std::memcpy(bytes.get() + i * size,
                from.tensor.bytes.get() + static_cast<size_t>(sources[i]) * size, size);
  result.tensor.bytes = std::move(bytes);
  return result;
}

OnnxConstant reshaped(OnnxConstant from, std::vector<int64_t> shape) {
  from.tensor.shape = std::move(shape);
  return from;
}

Result<OnnxConstant> concatenated(const std::vector<const OnnxConstant*>& parts, size_t axis,
                                  OnnxBuild& build) {
  std::vector<int64_t> shape = parts[0]->shape();
  shape[axis] = 0;
  for (const OnnxConstant* part : parts) {
    std::vector<int64_t> rest = part->shape();
    if (rest.size() == shape.size()) rest[axis] = shape[axis];
    if (rest != shape || part->tensor.dtype != parts[0]->tensor.dtype)
      return fail(ErrorCode::kModel, "joins constants of {} and {}", shape_string(shape),
                  shape_string(part->shape()));
    const auto sum = checked_add(shape[axis], part->shape()[axis]);
    if (!sum) return fail(ErrorCode::kModel, "joins constants that are too long");
    shape[axis] = *sum;
  }
  // All parts behind each other as they lie, then picked into their places.
  OnnxConstant flat;
  flat.tensor.dtype = parts[0]->tensor.dtype;
  std::vector<Extent> values;
  int64_t total = 0;
  for (const OnnxConstant* part : parts) {
    FOVEA_TRY(build.make_room(part->count()));
    total += part->count();
  }
  const bool symbolic = std::any_of(parts.begin(), parts.end(),
                                    [](const OnnxConstant* part) { return part->is_symbolic(); });
  flat.tensor.shape = {total};
  if (symbolic) {
    for (const OnnxConstant* part : parts) {
      FOVEA_ASSIGN_OR_RETURN(const std::vector<Extent> extents, to_extents(*part));
      flat.extents.insert(flat.extents.end(), extents.begin(), extents.end());
    }
  } else {
    const auto size = static_cast<size_t>(element_bytes(flat.tensor.dtype));
    std::shared_ptr<std::byte[]> bytes(new std::byte[static_cast<size_t>(total) * size]);
    size_t at = 0;
    for (const OnnxConstant* part : parts) {
      const size_t length = part->tensor.byte_count();
      if (length > 0) std::memcpy(bytes.get() + at, part->tensor.bytes.get(), length);
      at += length;
    }
    flat.tensor.bytes = std::move(bytes);
  }
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  std::vector<int64_t> sources;
  for (int64_t o = 0; o < outer; ++o) {
    int64_t begin = 0;
    for (const OnnxConstant* part : parts) {
      const int64_t run = part->shape()[axis] * inner;
      for (int64_t i = 0; i < run; ++i) sources.push_back(begin + o * run + i);
      begin += part->count();
    }
  }
  return picked(flat, std::move(shape), sources, build);
}

std::vector<int64_t> row_major_steps(const std::vector<int64_t>& shape) {
  std::vector<int64_t> steps(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) steps[i - 1] = steps[i] * shape[i];
  return steps;
}

std::vector<int64_t> broadcast_steps(const std::vector<int64_t>& shape,
                                     const std::vector<int64_t>& result) {
  const std::vector<int64_t> own = row_major_steps(shape);
  std::vector<int64_t> steps(result.size(), 0);
  const size_t skipped = result.size() - shape.size();
  for (size_t i = 0; i < shape.size(); ++i) steps[i + skipped] = shape[i] == 1 ? 0 : own[i];
  return steps;
}

Result<std::vector<int64_t>> broadcast_shape(const std::vector<int64_t>& a,
                                             const std::vector<int64_t>& b) {
  std::vector<int64_t> shape(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < shape.size(); ++i) {
    const int64_t left = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t right = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (left != right && left != 1 && right != 1)
      return fail(ErrorCode::kModel, "the shapes {} and {} do not fit each other", shape_string(a),
                  shape_string(b));
    shape[shape.size() - 1 - i] = left == 1 ? right : left;
  }
  return shape;
}

Result<std::vector<int64_t>> strided_sources(const std::vector<int64_t>& shape, int64_t start,
                                             const std::vector<int64_t>& steps, OnnxBuild& build) {
  const auto count = checked_element_count(shape);
  if (!count) return fail(ErrorCode::kModel, "{} is too large", shape_string(shape));
  FOVEA_TRY(build.make_room(*count));
  std::vector<int64_t> sources(static_cast<size_t>(*count));
  std::vector<int64_t> index(shape.size(), 0);
  int64_t at = start;
  for (int64_t& source : sources) {
    source = at;
    for (size_t d = shape.size(); d-- > 0;) {
      at += steps[d];
      if (++index[d] < shape[d]) break;
      at -= steps[d] * shape[d];
      index[d] = 0;
    }
  }
  return sources;
}

Result<std::vector<size_t>> sorted_axes(const std::vector<int64_t>& axes, size_t rank) {
  std::vector<size_t> sorted;
  for (const int64_t axis : axes) {
    FOVEA_ASSIGN_OR_RETURN(const size_t at, onnx_axis(axis, rank));
    sorted.push_back(at);
  }
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    return fail(ErrorCode::kModel, "names an axis twice");
  return sorted;
}

Result<std::optional<std::vector<int64_t>>> read_axes(const OnnxCall& call, int64_t since) {
  constexpr int64_t kRank = kMaxOnnxRank;
  if (call.build.opset < since) {
    if (!call.attributes.has("axes")) return std::optional<std::vector<int64_t>>();
    return std::optional(call.attributes.integers("axes", {}, -1, -kRank, kRank - 1));
  }
  if (!call.has(1)) return std::optional<std::vector<int64_t>>();
  FOVEA_ASSIGN_OR_RETURN(auto axes, call.integers(1, "axes"));
  if (axes.size() > kMaxOnnxRank) return fail(ErrorCode::kModel, "has {} axes", axes.size());
  return std::optional(std::move(axes));
}

Result<OnnxSlice> read_slice(const OnnxCall& call, size_t rank) {
  OnnxSlice slice;
  if (call.build.opset < 10) {
    constexpr int64_t kAny = std::numeric_limits<int64_t>::max();
    slice.axes = call.attributes.integers("axes", {}, -1, -kAny, kAny);
    for (const int64_t n : call.attributes.integers("starts", {}, -1, -kAny, kAny))
      slice.starts.emplace_back(n);
    for (const int64_t n : call.attributes.integers("ends", {}, -1, -kAny, kAny))
      slice.ends.emplace_back(n);
  } else {
    FOVEA_ASSIGN_OR_RETURN(slice.starts, call.extents(1, "starts"));
    FOVEA_ASSIGN_OR_RETURN(slice.ends, call.extents(2, "ends"));
    if (call.has(3)) {
      FOVEA_ASSIGN_OR_RETURN(slice.axes, call.integers(3, "axes"));
    }
    if (call.has(4)) {
      FOVEA_ASSIGN_OR_RETURN(slice.steps, call.integers(4, "steps"));
    }
  }
  FOVEA_TRY(call.attributes.done());
  if (slice.axes.empty()) {
    for (size_t i = 0; i < slice.starts.size(); ++i) slice.axes.push_back(static_cast<int64_t>(i));
  }
  if (slice.steps.empty()) slice.steps.assign(slice.axes.size(), 1);
  if (slice.starts.size() != slice.axes.size() || slice.ends.size() != slice.axes.size() ||
      slice.steps.size() != slice.axes.size())
    return fail(ErrorCode::kModel, "has {} axes, {} starts, {} ends and {} steps",
                slice.axes.size(), slice.starts.size(), slice.ends.size(), slice.steps.size());
  FOVEA_TRY(sorted_axes(slice.axes, rank));
  return slice;
}

}  // namespace fovea
