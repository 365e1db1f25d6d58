// A case a wrapper: runs its kernel by kernels/cuda/runtime.h, whichever runtime that is, and
// compares with a plainly written expectation.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace fovea::cuda {

struct WrapperCase {
  std::string name;
  int capability;                    // the lowest
  bool only_there;                   // sm_90a code runs on 90 alone
  std::function<std::string()> run;  // "" where all is as expected, else the first difference

  bool runs_on(int device_capability) const {
    return only_there ? device_capability == capability : device_capability >= capability;
  }
};

const std::vector<WrapperCase>& wrapper_cases();

}  // namespace fovea::cuda
