// Publishes what the controller did: commands and joints each cycle, status and diagnostics slowly.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "inhand_control/plausibility.hpp"
#include "inhand_control/rt/realtime_loop.hpp"
#include "messages.hpp"
#include "parameters.hpp"
#include "rcl_wrap.hpp"
#include "writer_lock.hpp"

namespace inhand_control::node
{

// Commands and joints have the stamp of the reading that they were computed from: it compares with the
// sensors' whatever clock they carry, and commands name their reading's sequence as well. Status and
// diagnostics are of now, also while nothing is read.
class Reporter
{
public:
  // `claim` signs the commands.
  Reporter(Node & node, const NodeParameters & parameters, std::uint64_t claim);

  // Stamps status and diagnostics with this time [ns] from now on; until then, and in lockstep, they
  // have the newest reading's.
  void tell_time_by(std::function<std::int64_t()> now) { now_ = std::move(now); }
  // Reports on these locks, which outlive this, from now on.
  void watch(std::vector<const WriterLock *> locks);
  // What keeps this controller from being the only one, in words; "" for nothing. For any thread.
  std::string rivals() const;

  // Publishes one cycle; nothing before the first reading. now_ns paces status and diagnostics.
  void publish(const rt::CycleRecord & record, std::int64_t now_ns);
  // The two halves of it: what a cycle gave; and, where that is due, how the controller fares.
  void publish_cycle(const rt::CycleRecord & record);
  void report(const rt::CycleRecord & record, std::int64_t now_ns);

private:
  struct Timing
  {
    std::int64_t lateness_ns, period_ns, compute_ns;
  };
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  void publish_commands(const ControllerOutput & output);
  void publish_joints(
    std::int64_t stamp_ns, const JointArray & position, const JointArray & velocity,
    const JointArray & effort);
  void publish_status(const rt::CycleRecord & record);
  void publish_diagnostics(const rt::CycleRecord & record, std::int64_t now_ns);
  void judge(
    const rt::CycleRecord & record, std::int64_t now_ns,
    diagnostic_msgs__msg__DiagnosticStatus & status) const;
  Pairs diagnostics(const rt::CycleRecord & record) const;
  std::string implausible(const Counters & counters) const;
  std::string doubt(const ControllerOutput & output) const;
  std::string strangers(std::int64_t now_ns) const;
  std::uint64_t foreign() const;
  builtin_interfaces__msg__Time stamp(const rt::CycleRecord & record) const;
  std::vector<std::int64_t> window(std::int64_t Timing::* value) const;

  Node & node_;
  std::function<std::int64_t()> now_;
  bool lockstep_;
  std::uint64_t claim_;
  std::vector<std::string> joint_names_;
  std::vector<std::string> channel_names_;
  Plausibility plausibility_;
  std::vector<const WriterLock *> locks_;
  std::int64_t torque_ended_ns_ = 0;  // since when sensors have been missing; 0: they are not
  std::size_t window_size_;
  std::int64_t status_period_ns_;
  std::int64_t diagnostics_period_ns_;
  std::int64_t status_due_ns_ = 0;
  std::int64_t diagnostics_due_ns_ = 0;
  std::uint64_t commands_ = 0;
  std::uint64_t failed_publishes_ = 0;
  bool published_joints_ = false;
  std::uint64_t joints_sequence_ = 0;
  std::deque<Timing> timings_;

  Publisher commands_publisher_;
  Publisher joints_publisher_;
  Publisher status_publisher_;
  Publisher diagnostics_publisher_;
  CommandsMessage commands_message_;
  JointStateMessage joints_message_;
  StatusMessage status_message_;
  DiagnosticsMessage diagnostics_message_;
};

}  // namespace inhand_control::node
