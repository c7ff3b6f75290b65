// The two ways to run the node; both return when the process is told to end.
#pragma once

#include <atomic>
#include <cstdint>

#include "inhand_control/rt/stop_latch.hpp"
#include "parameters.hpp"
#include "rcl_wrap.hpp"

namespace inhand_control::node
{

extern std::atomic<bool> g_interrupted;  // set by SIGINT and SIGTERM

// What a run starts with.
struct Start
{
  rt::StopLatch & latch;
  bool enabled;         // from the first cycle on
  std::uint64_t claim;  // signs the commands
};

// The loop in its own thread on the steady clock: every cycle uses the newest reading and action.
// Sensors and actions, stop, and all other requests have a thread each.
void run_realtime(
  Context & context, Node & node, const NodeParameters & parameters, const Start & start);

// One cycle a reading, in order, each after the action that belongs to its time: the action
// numbered floor(stamp / action period). Time is the readings' stamps, so a run can be repeated.
void run_lockstep(
  Context & context, Node & node, const NodeParameters & parameters, const Start & start);

// In a simulated world: one cycle a reading, as it comes, with the newest action; time is the
// readings' stamps and /clock, so a slow machine makes no reading late and no action old. Wall time
// says one thing only: that the simulator itself is silent, which ends torque.
void run_simulated(
  Context & context, Node & node, const NodeParameters & parameters, const Start & start);

}  // namespace inhand_control::node
