#include "engine/map_plan.h"

namespace fovea {

TensorView map_view(const Graph& graph, const Plan& plan, float* arena, ValueId value) {
  const Value& described = graph.value(value);
  const MapPlan& map = plan.maps[static_cast<size_t>(described.placement.root)];
  const Size size = plan.sizes[static_cast<size_t>(value)];
  return {arena + map.offset + described.placement.channel_offset,
          size.height,
          size.width,
          described.channels,
          map.pixel_stride,
          map.row_stride,
          map.ring_rows};
}

}  // namespace fovea
