// What a plan is predicted to take on a device: by it the height of bands is chosen.
#pragma once

#include "engine/backend.h"
#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// What a device does in a second.
struct DeviceRates {
  double multiply_adds = 0;   // of convolutions in the maps' type
  double memory_bytes = 0;    // to and from its memory
  double bus_bytes = 0;       // to or from the host, at the same time
  double launch_seconds = 0;  // from a kernel's last work to the next one's, where nothing else
                              // bounds them
  int64_t cache_bytes = 0;    // what the second-level cache keeps of what passes through it
};

/// From the device's properties. Nothing here was measured.
DeviceRates device_rates(const DeviceProperties& properties, ElementType type);

/// Seconds from the first row of the picture to its last, which cross the bus as `rows`, in the
/// order of the sweep. A kernel takes
/// as long as its multiply-adds or as what it moves to and from memory, whichever is longer; copies
/// to and from the host go on beside kernels. A map is read from the cache when no more than that
/// holds has moved since it was last touched; what is written goes to memory unless the whole arena
/// fits in the cache. So low bands save traffic and let copies begin early, and cost launches.
double predicted_seconds(const Graph& graph, const Steps& steps, const Plan& plan,
                         const DeviceRates& rates, SampleType rows = SampleType::kF32);

}  // namespace fovea::cuda
