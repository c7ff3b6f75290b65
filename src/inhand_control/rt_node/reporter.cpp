#include "reporter.hpp"

#include <algorithm>
#include <cstdio>

#include "inhand_control/rt/percentiles.hpp"
#include "topic_qos.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kWindowNs = 1'000'000'000;  // percentiles are over the last second
const char * mode_name(Mode mode)
{
  switch (mode) {
    case Mode::kDisabled:
      return "disabled";
    case Mode::kSoftStart:
      return "soft start";
    case Mode::kRunning:
      return "running";
    case Mode::kHold:
      return "hold: no new action";
    case Mode::kZeroTorque:
      return "zero torque: no sensors";
    case Mode::kStopped:
      return "stopped, clear to go on";
  }
  return "unknown";
}

std::string microseconds(double nanoseconds)
{
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", nanoseconds * 1e-3);
  return text;
}

std::uint64_t refused(const StreamCounters & stream)
{
  return stream.refused_size + stream.refused_nan + stream.refused_range + stream.refused_stale;
}

}  // namespace

Reporter::Reporter(Node & node, const NodeParameters & parameters)
: lockstep_(parameters.lockstep),
  window_size_(
    static_cast<std::size_t>(std::max<std::int64_t>(kWindowNs / parameters.control.period_ns, 1))),
  status_period_ns_(parameters.status_period_ns),
  diagnostics_period_ns_(parameters.diagnostics_period_ns),
  commands_publisher_(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, MotorCommands),
    topics::kHandMotorCommands.name, publisher_qos(topics::kHandMotorCommands, lockstep_)),
  joints_publisher_(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(sensor_msgs, msg, JointState), topics::kJointStates.name,
    publisher_qos(topics::kJointStates, lockstep_)),
  status_publisher_(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, ControllerStatus),
    "controller/status", reliable(10)),
  diagnostics_publisher_(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(diagnostic_msgs, msg, DiagnosticArray), "/diagnostics",
    reliable(10))
{
  prepare(parameters.hand.joint_names, *joints_message_);
  prepare(
    node.fully_qualified_name().substr(1) + ": low-level controller",
    diagnostics(rt::CycleRecord{}).size(), *diagnostics_message_);
}

void Reporter::publish(const rt::CycleRecord & record, std::int64_t now_ns)
{
  publish_cycle(record);
  report(record, now_ns);
}

void Reporter::publish_cycle(const rt::CycleRecord & record)
{
  if (record.output.has_position) {
    const ControllerOutput & output = record.output;
    publish_commands(output);
    for (std::size_t i = 0; i < record.overtaken_count; ++i) {
      const rt::OvertakenReading & reading = record.overtaken[i];
      publish_joints(reading.stamp_ns, reading.position, reading.velocity, output.effort);
    }
    if (!published_joints_ || joints_sequence_ != output.sensors_sequence) {
      published_joints_ = true;
      joints_sequence_ = output.sensors_sequence;
      publish_joints(output.sensors_stamp_ns, output.position, output.velocity, output.effort);
    }
  }
  timings_.push_back({record.lateness_ns, record.period_ns, record.compute_ns});
  if (timings_.size() > window_size_) {
    timings_.pop_front();
  }
}

void Reporter::report(const rt::CycleRecord & record, std::int64_t now_ns)
{
  if (now_ns >= status_due_ns_) {
    status_due_ns_ = now_ns + status_period_ns_;
    publish_status(record);
  }
  if (now_ns >= diagnostics_due_ns_) {
    diagnostics_due_ns_ = now_ns + diagnostics_period_ns_;
    publish_diagnostics(record);
  }
}

void Reporter::publish_commands(const ControllerOutput & output)
{
  auto & message = *commands_message_;
  message.header.stamp = to_stamp(output.sensors_stamp_ns);
  message.sequence = lockstep_ ? output.sensors_sequence : commands_;
  message.sensors_sequence = output.sensors_sequence;
  std::copy(output.torque.begin(), output.torque.end(), message.torque);
  ++commands_;
  failed_publishes_ += !commands_publisher_.publish(&message);
}

void Reporter::publish_joints(
  std::int64_t stamp_ns, const JointArray & position, const JointArray & velocity,
  const JointArray & effort)
{
  auto & message = *joints_message_;
  message.header.stamp = to_stamp(stamp_ns);
  std::copy(position.begin(), position.end(), message.position.data);
  std::copy(velocity.begin(), velocity.end(), message.velocity.data);
  std::copy(effort.begin(), effort.end(), message.effort.data);
  failed_publishes_ += !joints_publisher_.publish(&message);
}

void Reporter::publish_status(const rt::CycleRecord & record)
{
  const auto lateness = rt::summarise(window(&Timing::lateness_ns));
  const auto compute = rt::summarise(window(&Timing::compute_ns));
  const Counters & counters = record.counters;
  auto & message = *status_message_;
  message.header.stamp = to_stamp(record.output.sensors_stamp_ns);
  message.mode = static_cast<std::uint8_t>(record.output.mode);
  message.cycles = counters.cycles;
  message.skipped_periods = record.skipped;
  message.missed_deadlines = record.missed;
  message.refused_size = counters.sensors.refused_size + counters.actions.refused_size;
  message.refused_nan = counters.sensors.refused_nan + counters.actions.refused_nan;
  message.refused_range = counters.sensors.refused_range + counters.actions.refused_range;
  message.refused_stale = counters.sensors.refused_stale + counters.actions.refused_stale;
  message.lost_actions = counters.actions.lost;
  message.lost_sensors = counters.sensors.lost;
  message.lateness_p50 = lateness.p50 * 1e-9;
  message.lateness_p99 = lateness.p99 * 1e-9;
  message.compute_p50 = compute.p50 * 1e-9;
  message.compute_p99 = compute.p99 * 1e-9;
  message.holds = counters.holds;
  message.zero_torques = counters.zero_torques;
  failed_publishes_ += !status_publisher_.publish(&message);
}

Reporter::Pairs Reporter::diagnostics(const rt::CycleRecord & record) const
{
  const Counters & counters = record.counters;
  Pairs pairs;
  const auto count = [&pairs](const std::string & name, std::uint64_t value) {
    pairs.emplace_back(name, std::to_string(value));
  };
  const auto timing = [&](const std::string & name, std::int64_t Timing::* value) {
    const auto summary = rt::summarise(window(value));
    pairs.emplace_back(name + " mean [us]", microseconds(summary.mean));
    pairs.emplace_back(name + " deviation [us]", microseconds(summary.deviation));
    pairs.emplace_back(name + " p50 [us]", microseconds(summary.p50));
    pairs.emplace_back(name + " p99 [us]", microseconds(summary.p99));
    pairs.emplace_back(name + " max [us]", microseconds(summary.max));
  };
  const auto stream = [&](const std::string & name, const StreamCounters & values) {
    count(name + " accepted", values.accepted);
    count(name + " refused: size", values.refused_size);
    count(name + " refused: not a number", values.refused_nan);
    count(name + " refused: out of range", values.refused_range);
    count(name + " refused: stale", values.refused_stale);
    count(name + " lost", values.lost);
  };
  timing("period", &Timing::period_ns);
  timing("compute", &Timing::compute_ns);
  timing("lateness", &Timing::lateness_ns);
  count("cycles", counters.cycles);
  count("skipped periods", record.skipped);
  count("missed deadlines", record.missed);
  count("dropped by full queues", record.dropped);
  count("failed publishes", failed_publishes_);
  count("holds", counters.holds);
  count("zero torques", counters.zero_torques);
  stream("sensors", counters.sensors);
  stream("actions", counters.actions);
  return pairs;
}

void Reporter::publish_diagnostics(const rt::CycleRecord & record)
{
  using Status = diagnostic_msgs__msg__DiagnosticStatus;
  const Mode mode = record.output.mode;
  const std::uint64_t refusals =
    refused(record.counters.sensors) + refused(record.counters.actions);
  Status & status = diagnostics_message_->status.data[0];
  status.level = diagnostic_msgs__msg__DiagnosticStatus__OK;
  if (mode == Mode::kStopped || mode == Mode::kZeroTorque) {
    status.level = diagnostic_msgs__msg__DiagnosticStatus__ERROR;
  } else if (mode == Mode::kHold || refusals > 0 || record.missed > 0) {
    status.level = diagnostic_msgs__msg__DiagnosticStatus__WARN;
  }
  assign(status.message, mode_name(mode));
  const Pairs pairs = diagnostics(record);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    assign(status.values.data[i].key, pairs[i].first);
    assign(status.values.data[i].value, pairs[i].second);
  }
  diagnostics_message_->header.stamp = to_stamp(record.output.sensors_stamp_ns);
  failed_publishes_ += !diagnostics_publisher_.publish(diagnostics_message_.get());
}

std::vector<std::int64_t> Reporter::window(std::int64_t Timing::* value) const
{
  std::vector<std::int64_t> values;
  values.reserve(timings_.size());
  for (const Timing & timing : timings_) {
    values.push_back(timing.*value);
  }
  return values;
}

}  // namespace inhand_control::node
