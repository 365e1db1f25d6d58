// The wrappers' cases on the GPU of this machine:
//   wrapper_check            one line of JSON a case, and exit 1 when any failed
#include <cstdio>
#include <string>

#include "kernels/cuda/runtime.h"
#include "tests/wrappers/wrapper_cases.h"

namespace {

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result + "\"";
}

}  // namespace

int main() {
  using namespace fovea::cuda;
  DeviceProperties device;
  if (const CudaError error = device_properties(0, device)) {
    std::printf("{\"error\": %s}\n", quoted(error_text(error)).c_str());
    return 2;
  }
  int failures = 0;
  for (const WrapperCase& one : wrapper_cases()) {
    if (!one.runs_on(device.compute_capability)) continue;
    const std::string found = one.run();
    failures += !found.empty();
    std::printf("{\"wrapper\": %s, \"device\": %s, \"ok\": %s, \"found\": %s}\n",
                quoted(one.name).c_str(), quoted(device.name).c_str(),
                found.empty() ? "true" : "false", quoted(found).c_str());
    std::fflush(stdout);
  }
  return failures == 0 ? 0 : 1;
}
