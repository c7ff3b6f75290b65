#include "reporter.hpp"

#include <algorithm>
#include <cstdio>

#include "graph.hpp"
#include "inhand_control/rt/percentiles.hpp"
#include "topic_qos.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kWindowNs = 1'000'000'000;  // percentiles are over the last second
constexpr std::int64_t kPatienceNs = 500'000'000;  // a shorter loss of sensors is no failed device

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
  return stream.refused_size + stream.refused_nan + stream.refused_range + stream.refused_stale +
         stream.refused_age + stream.refused_doubt;
}

}  // namespace

Reporter::Reporter(Node & node, const NodeParameters & parameters, std::uint64_t claim)
: node_(node),
  lockstep_(parameters.lockstep),
  claim_(claim),
  joint_names_(parameters.hand.joint_names),
  channel_names_(parameters.hand.hall_channel_names),
  plausibility_(HandModel(parameters.hand), parameters.control),
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

void Reporter::watch(std::vector<const WriterLock *> locks)
{
  locks_ = std::move(locks);
  prepare(
    node_.fully_qualified_name().substr(1) + ": low-level controller",
    diagnostics(rt::CycleRecord{}).size(), *diagnostics_message_);
}

std::string Reporter::rivals() const
{
  const auto publishers = publishers_of(node_, commands_publisher_.topic());
  if (publishers.size() <= 1) {
    return "";
  }
  return std::string(commands_publisher_.topic()) + " has " + std::to_string(publishers.size()) +
         " publishers (" + join(publishers) +
         "): end the other graph, or give it a ROS_DOMAIN_ID " + "of its own";
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
  if (record.output.mode != Mode::kZeroTorque) {
    torque_ended_ns_ = 0;
  } else if (torque_ended_ns_ == 0) {
    torque_ended_ns_ = now_ns;
  }
  if (now_ns >= status_due_ns_) {
    status_due_ns_ = now_ns + status_period_ns_;
    publish_status(record);
  }
  if (now_ns >= diagnostics_due_ns_) {
    diagnostics_due_ns_ = now_ns + diagnostics_period_ns_;
    publish_diagnostics(record, now_ns);
  }
}

void Reporter::publish_commands(const ControllerOutput & output)
{
  auto & message = *commands_message_;
  message.header.stamp = to_stamp(output.sensors_stamp_ns);
  message.sequence = lockstep_ ? output.sensors_sequence : commands_;
  message.sensors_sequence = output.sensors_sequence;
  message.claim = claim_;
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
  message.header.stamp = stamp(record);
  message.mode = static_cast<std::uint8_t>(record.output.mode);
  message.cycles = counters.cycles;
  message.skipped_periods = record.skipped;
  message.missed_deadlines = record.missed;
  message.refused_size = counters.sensors.refused_size + counters.actions.refused_size;
  message.refused_nan = counters.sensors.refused_nan + counters.actions.refused_nan;
  message.refused_range = counters.sensors.refused_range + counters.actions.refused_range;
  message.refused_stale = counters.sensors.refused_stale + counters.actions.refused_stale;
  message.refused_age = counters.actions.refused_age;
  message.refused_doubt = counters.sensors.refused_doubt;
  message.refused_foreign = foreign();
  assign(message.doubt, doubt(record.output));
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
    count(name + " refused: of another time", values.refused_age);
    count(name + " refused: implausible", values.refused_doubt);
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
  for (const WriterLock * lock : locks_) {
    count(lock->topic().substr(1) + " refused: another publisher", lock->refused());
  }
  pairs.emplace_back("implausible joints", implausible(counters));
  return pairs;
}

// "rh_FFJ3 speed 2, band 40; ..." of the joints whose readings were not plausible.
std::string Reporter::implausible(const Counters & counters) const
{
  constexpr std::pair<Doubt, const char *> kCauses[] = {
    {Doubt::kBand, "band"},
    {Doubt::kDisagreement, "disagreement"},
    {Doubt::kStuck, "stuck"},
    {Doubt::kSpeed, "speed"}};
  std::string text;
  for (std::size_t j = 0; j < joint_names_.size(); ++j) {
    std::string causes;
    for (const auto & [cause, name] : kCauses) {
      if (const auto n = counters.implausible[static_cast<std::size_t>(cause)][j]; n != 0) {
        causes += (causes.empty() ? " " : ", ") + std::string(name) + " " + std::to_string(n);
      }
    }
    text += causes.empty() ? "" : (text.empty() ? "" : "; ") + joint_names_[j] + causes;
  }
  return text.empty() ? "none" : text;
}

std::string Reporter::doubt(const ControllerOutput & output) const
{
  const std::size_t channel = output.doubted_channel;
  char text[160];
  const char * name = channel_names_[channel].c_str();
  switch (output.doubt) {
    case Doubt::kNone:
      return "";
    case Doubt::kBand:
      std::snprintf(
        text, sizeof(text), "%s reads %.0f counts, usable are %.0f to %.0f: a broken wire?", name,
        output.doubted_value, plausibility_.low(channel), plausibility_.high(channel));
      return text;
    case Doubt::kDisagreement:
      std::snprintf(
        text, sizeof(text), "%s reads %.0f counts, its joint's other channel something else", name,
        output.doubted_value);
      return text;
    case Doubt::kStuck:
      std::snprintf(
        text, sizeof(text), "%s is stuck at %.0f counts whatever the torque", name,
        output.doubted_value);
      return text;
    case Doubt::kSpeed:
      std::snprintf(
        text, sizeof(text), "%s leapt to %.0f counts, faster than its joint can move", name,
        output.doubted_value);
      return text;
  }
  return "";
}

// Whose messages are refused because another publisher of their topic is followed.
std::string Reporter::strangers(std::int64_t now_ns) const
{
  std::string text;
  for (const WriterLock * lock : locks_) {
    if (lock->contested(now_ns)) {
      text += (text.empty() ? "" : "; ") + lock->topic().substr(1) + " has several publishers (" +
              join(publishers_of(node_, lock->topic().c_str())) +
              "): at most one is followed, the others are refused";
    }
  }
  return text;
}

builtin_interfaces__msg__Time Reporter::stamp(const rt::CycleRecord & record) const
{
  return to_stamp(now_ ? now_() : record.output.sensors_stamp_ns);
}

std::uint64_t Reporter::foreign() const
{
  std::uint64_t sum = 0;
  for (const WriterLock * lock : locks_) {
    sum += lock->refused();
  }
  return sum;
}

void Reporter::publish_diagnostics(const rt::CycleRecord & record, std::int64_t now_ns)
{
  auto & status = diagnostics_message_->status.data[0];
  judge(record, now_ns, status);
  const Pairs pairs = diagnostics(record);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    assign(status.values.data[i].key, pairs[i].first);
    assign(status.values.data[i].value, pairs[i].second);
  }
  diagnostics_message_->header.stamp = stamp(record);
  failed_publishes_ += !diagnostics_publisher_.publish(diagnostics_message_.get());
}

// Level and message. A rival is an error in any mode: two graphs work on one hand.
void Reporter::judge(
  const rt::CycleRecord & record, std::int64_t now_ns,
  diagnostic_msgs__msg__DiagnosticStatus & status) const
{
  const Mode mode = record.output.mode;
  std::string text = mode_name(mode);
  if (const std::string doubted = doubt(record.output); !doubted.empty()) {
    text = text.substr(0, text.find(':')) + ": " + doubted;
  }
  std::string trouble = rivals();
  if (const std::string others = strangers(now_ns); !others.empty()) {
    trouble += (trouble.empty() ? "" : "; ") + others;
  }
  const std::uint64_t refusals =
    refused(record.counters.sensors) + refused(record.counters.actions) + foreign();
  const bool long_blind = torque_ended_ns_ != 0 && now_ns - torque_ended_ns_ >= kPatienceNs;
  status.level = diagnostic_msgs__msg__DiagnosticStatus__OK;
  if (mode == Mode::kStopped || long_blind || !trouble.empty()) {
    status.level = diagnostic_msgs__msg__DiagnosticStatus__ERROR;
  } else if (
    mode == Mode::kHold || mode == Mode::kZeroTorque || refusals > 0 || record.missed > 0) {
    status.level = diagnostic_msgs__msg__DiagnosticStatus__WARN;
  }
  assign(status.message, trouble.empty() ? text : text + "; " + trouble);
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
