// How the GPU programs tell what they measured: rows.py's C++ side.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "kernels/cuda/runtime.h"

namespace fovea::cuda {

/// A JSON object on a line of its own, at once: what was measured before a crash is kept. Values
/// that are no number become null.
inline void tell(const nlohmann::ordered_json& row) {
  std::printf("%s\n", row.dump().c_str());
  std::fflush(stdout);
}

/// False, for the caller to return.
inline bool tell_error(const std::string& reason) {
  tell({{"section", "errors"}, {"error", reason}});
  return false;
}

/// The first device, opened; false with a row that says why not.
inline bool open_device(DeviceProperties& device) {
  int devices = 0;
  CudaError error = device_count(devices);
  if (!error && devices == 0) return tell_error("no GPU");
  if (!error) error = set_device(0);
  if (!error) error = device_properties(0, device);
  return error ? tell_error("no GPU: " + error_text(error)) : true;
}

}  // namespace fovea::cuda
