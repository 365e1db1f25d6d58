// How long work tells how far it is, and hears that it should stop.
#pragma once

#include <functional>

namespace fovea {

/// Told the share of the work that is done, 0...1, never falling; returns false to cancel.
using Progress = std::function<bool(double done)>;

}  // namespace fovea
