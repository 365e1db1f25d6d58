#include "tests/emulation/emulation.h"

#include <fmt/core.h>

#include "tests/emulation/block.h"

namespace fovea::emulation {
namespace {

constexpr size_t kErrorsOfALaunch = 8;

Schedule schedule_now;
int capability_now = 90;
bool watch_races = true;
std::vector<std::string> errors;
size_t errors_of_this_launch = 0;

}  // namespace

std::vector<Schedule> all_schedules() {
  std::vector<Schedule> all;
  for (const auto bulk : {Schedule::Bulk::kEarly, Schedule::Bulk::kLate, Schedule::Bulk::kRandom}) {
    for (const auto matrix : {Schedule::Matrix::kAtIssue, Schedule::Matrix::kAtWait}) {
      for (const auto copy : {Schedule::AsyncCopy::kAtIssue, Schedule::AsyncCopy::kAtWait}) {
        for (const auto order :
             {Schedule::Order::kForward, Schedule::Order::kReverse, Schedule::Order::kRandom}) {
          all.push_back({bulk, matrix, copy, order, static_cast<uint32_t>(all.size() + 1)});
        }
      }
    }
  }
  return all;
}

std::vector<Schedule> covering_schedules() {
  // Bulk and order run through all their pairs; the two-way choices alternate so that each meets
  // each choice of the others.
  std::vector<Schedule> some;
  for (int i = 0; i < 9; i++) {
    Schedule schedule;
    schedule.bulk = static_cast<Schedule::Bulk>(i / 3);
    schedule.order = static_cast<Schedule::Order>(i % 3);
    const int diagonal = (i / 3 + i % 3) % 3;  // a Latin square: every value in each row and column
    const int other = (i / 3 + 2 * (i % 3)) % 3;
    schedule.matrix = diagonal == 0 || (diagonal == 1 && other != 0) ? Schedule::Matrix::kAtWait
                                                                     : Schedule::Matrix::kAtIssue;
    schedule.async_copy = other == 0 || (other == 1 && diagonal != 0)
                              ? Schedule::AsyncCopy::kAtWait
                              : Schedule::AsyncCopy::kAtIssue;
    schedule.seed = static_cast<uint32_t>(100 + i);
    some.push_back(schedule);
  }
  return some;
}

std::string schedule_name(const Schedule& schedule) {
  static constexpr const char* kBulk[] = {"early", "late", "random"};
  static constexpr const char* kOrder[] = {"forward", "reverse", "random"};
  return fmt::format("bulk {}, matrix at {}, cp.async at {}, threads in {} order, seed {}",
                     kBulk[static_cast<int>(schedule.bulk)],
                     schedule.matrix == Schedule::Matrix::kAtIssue ? "issue" : "wait",
                     schedule.async_copy == Schedule::AsyncCopy::kAtIssue ? "issue" : "wait",
                     kOrder[static_cast<int>(schedule.order)], schedule.seed);
}

void set_schedule(const Schedule& schedule) { schedule_now = schedule; }
const Schedule& current_schedule() { return schedule_now; }

void set_race_watch(bool on) { watch_races = on; }
bool race_watch_wanted() { return watch_races; }

void set_compute_capability(int capability) { capability_now = capability; }
int compute_capability() { return capability_now; }

void start_error_count() { errors_of_this_launch = 0; }

void add_error(const std::string& text) {
  if (errors_of_this_launch++ < kErrorsOfALaunch) {
    errors.push_back(text);
  } else if (errors_of_this_launch == kErrorsOfALaunch + 1) {
    errors.push_back("and more in this launch");
  }
}

std::vector<std::string> take_errors() {
  std::vector<std::string> taken;
  taken.swap(errors);
  errors_of_this_launch = 0;
  return taken;
}

Counts take_counts() {
  const Counts taken = counts;
  counts = {};
  return taken;
}

}  // namespace fovea::emulation
