// Executor: the memory that the maps of a running network lie in, and whoever works on them.
#pragma once

#include <memory>
#include <vector>

#include "engine/map_plan.h"
#include "engine/rows.h"
#include "engine/status.h"

namespace fovea {

class Step;
class ThreadTeam;

/// Runs the steps of one backend, one network at a time, in the order in which it is told to. Work
/// may be going on when a call returns; each sees what those before it have done.
class Executor {
 public:
  virtual ~Executor() = default;

  /// How maps are stored: what make_plan wants to know.
  virtual MapStorage storage() const = 0;

  /// Bytes that an arena may take where the host has `host_room` left for it; 0: no ceiling.
  virtual int64_t arena_room(int64_t host_room) const = 0;

  /// Seconds that `steps` of `graph` are predicted to take by `plan`, its rows coming and going as
  /// `rows`, on a device, where that depends on the height of bands.
  virtual double predicted_seconds(const Graph& graph,
                                   const std::vector<std::unique_ptr<Step>>& steps,
                                   const Plan& plan, SampleType rows) const {
    (void)graph;
    (void)steps;
    (void)plan;
    (void)rows;
    return 0;
  }

  /// Bytes of the host's memory that running `plan` of `graph` takes.
  virtual int64_t host_bytes(const Graph& graph, const Plan& plan) const = 0;

  /// Makes ready for one picture; all four must outlive it. kMemory when the arena cannot be had.
  virtual Status begin(const Graph& graph, const Plan& plan, const RowSource& source,
                       const RowSink& sink) = 0;

  /// Rows of the input map from the source; what that says.
  virtual Status take_input(RowRange rows) = 0;

  /// Rows of a step's output. kDevice when the device failed.
  virtual Status run(const Step& step, RowRange rows) = 0;

  /// Rows of the output map to the sink, then or later; what that says.
  virtual Status give_output(RowRange rows) = 0;

  /// Returns when all is done and given. kNumeric when samples were made of values that are not
  /// finite.
  virtual Status finish() = 0;

  /// Ends a picture that was broken off; no sink is called any more.
  virtual void abandon() {}

  /// Gives the arena back; the next picture takes it anew.
  virtual void release() = 0;

  /// True when the arena is a device's memory and run() returns before its work is done.
  virtual bool is_device() const { return false; }
};

/// Executes HostSteps on `team` in an arena of its own.
std::unique_ptr<Executor> make_host_executor(ThreadTeam& team);

/// The same in `arena`, which holds the floats of whatever plan is run.
std::unique_ptr<Executor> make_host_executor(ThreadTeam& team, float* arena);

}  // namespace fovea
