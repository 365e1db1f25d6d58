// What this machine could do at most: its clock and its multiply-adds a second, measured, so that
// times can be told as shares of it.
#pragma once

#include "engine/thread_team.h"
#include "kernels/cpu/isa.h"

namespace fovea::bench {

/// GHz of the core that runs this, from additions that wait for each other (one a cycle on every
/// processor of the last decades). 0 on processors there is no such loop for.
double clock_ghz();

/// GFLOP/s of `team` together in multiply-adds of `isa` that touch nothing but registers; a
/// multiply-add is two operations. The portable level has no fused instruction and multiplies, then
/// adds; levels above AVX-512 have its f32 instructions. `isa` must run here.
double peak_gflops(cpu::Isa isa, ThreadTeam& team);

}  // namespace fovea::bench
