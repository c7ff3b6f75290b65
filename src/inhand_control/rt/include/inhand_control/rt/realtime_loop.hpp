// The controller in its own real-time thread.
#pragma once

#include <semaphore.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "inhand_control/controller.hpp"
#include "inhand_control/rt/spsc_queue.hpp"

namespace inhand_control::rt
{

struct LoopOptions
{
  bool fifo;  // ask for SCHED_FIFO at `priority`; false: the default scheduler
  int priority;
  int cpu;  // core to pin to; -1: the last one that the process may use
  bool lock_memory;
  bool auto_enable;  // enable the controller before the first cycle
  bool stopped;      // begin stopped: a person's stop from before is still in force
};

enum class Request : std::uint8_t { kEnable, kDisable, kStop, kClear };

// Applies a request; false when the controller refuses it (enable while stopped).
bool apply(Request request, Controller & controller) noexcept;

// A reading that another overtook before a cycle came to use it: the clocks of the hand's bus and of
// the loop are two, so that now and then two readings come within a period, and none within the next.
struct OvertakenReading
{
  std::int64_t stamp_ns;
  JointArray position;  // rad
  JointArray velocity;  // rad/s, filtered
};
constexpr std::size_t kMaxOvertaken = 8;  // after a stall there are more; they are not kept

// What one cycle did, for the publishing thread.
struct CycleRecord
{
  ControllerOutput output;
  std::array<OvertakenReading, kMaxOvertaken> overtaken;  // oldest first; all before output's
  std::size_t overtaken_count;
  Counters counters;
  std::int64_t woke_ns;      // steady clock
  std::int64_t lateness_ns;  // wake-up after the time it was due
  std::int64_t period_ns;    // since the wake-up before; 0 in the first cycle
  std::int64_t compute_ns;   // from the wake-up to the end of the step
  std::uint64_t skipped;     // periods without a cycle, since start
  std::uint64_t missed;      // cycles that ended after the next was due, since start
  std::uint64_t dropped;     // inputs and records that found a full queue, since start
};

// Runs a controller once a period on the steady clock. One other thread offers inputs, one makes
// requests, one stops, one takes records (they may be the same); none of them can make the loop
// wait. Arrival times are those of the cycle that takes the input.
class RealtimeLoop
{
public:
  RealtimeLoop(
    const HandModel & hand, const ControllerConfig & config, const LoopOptions & options);
  // Stops the controller, runs one last cycle and joins the thread.
  ~RealtimeLoop();
  RealtimeLoop(const RealtimeLoop &) = delete;
  RealtimeLoop & operator=(const RealtimeLoop &) = delete;

  // Starts the thread; returns once it has its scheduling. A warning for each thing denied.
  std::vector<std::string> start();
  // Ends the thread after a last cycle with zero torque; its record is still to be taken.
  void finish();

  void offer(const SensorSample & sample) noexcept;
  void offer(const ActionSample & sample) noexcept;

  // Waits up to timeout_ns for the loop to apply the request. A stop waits behind no other request,
  // and comes last in its cycle: it undoes whatever else was asked for.
  enum class Answer : std::uint8_t { kApplied, kRefused, kNoAnswer };
  Answer request(Request request, std::int64_t timeout_ns);

  // Takes the next record, waiting up to timeout_ns; false when none came.
  bool take(CycleRecord & record, std::int64_t timeout_ns);

private:
  Answer stop(std::int64_t timeout_ns);
  struct Ticket
  {
    Request request;
    std::uint64_t number;
  };
  void become_realtime();
  void run() noexcept;
  void cycle(std::int64_t now_ns, bool last) noexcept;
  void take_sensors(std::int64_t now_ns) noexcept;

  Controller controller_;
  std::int64_t period_ns_;
  LoopOptions options_;
  CycleRecord record_{};
  SpscQueue<SensorSample, 64> sensors_;
  SpscQueue<ActionSample, 16> actions_;
  SpscQueue<Ticket, 16> requests_;
  SpscQueue<CycleRecord, 256> records_;
  std::atomic<std::uint64_t> stops_wanted_{0};
  std::atomic<std::uint64_t> stops_done_{0};
  std::atomic<std::uint64_t> answer_{0};  // number of the last ticket * 2 + whether it was applied
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> ready_{false};
  std::atomic<bool> finish_{false};
  std::uint64_t tickets_ = 0;
  std::vector<std::string> warnings_;
  sem_t recorded_;
  std::thread thread_;
};

}  // namespace inhand_control::rt
