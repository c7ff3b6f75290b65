#include <deque>

#include "inhand_control/controller.hpp"
#include "inhand_control/rt/realtime.hpp"
#include "messages.hpp"
#include "reporter.hpp"
#include "run.hpp"
#include "services.hpp"
#include "topic_qos.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kWakeNs = 50'000'000;

// Pairs readings with the actions of their time and steps the controller.
class Lockstep
{
public:
  Lockstep(const NodeParameters & parameters, const Start & start, Reporter & reporter)
  : action_period_ns_(parameters.action_period_ns),
    controller_(HandModel(parameters.hand), parameters.control),
    reporter_(reporter)
  {
    if (start.latch.was_stopped()) {
      controller_.stop();
    }
    if (start.enabled) {
      controller_.enable();
    }
  }

  Controller & controller() { return controller_; }
  void add(const SensorSample & reading) { readings_.push_back(reading); }
  void add(const ActionSample & action) { actions_.push_back(action); }

  // Runs every cycle whose inputs are there.
  void run()
  {
    while (!readings_.empty() && has_action(readings_.front().stamp_ns)) {
      step(readings_.front());
      readings_.pop_front();
    }
  }

private:
  std::uint64_t needed(std::int64_t stamp_ns) const
  {
    return static_cast<std::uint64_t>(stamp_ns / action_period_ns_);
  }

  bool has_action(std::int64_t stamp_ns) const
  {
    const std::uint64_t number = needed(stamp_ns);
    return (acted_ && last_action_ >= number) ||
           (!actions_.empty() && actions_.back().sequence >= number);
  }

  void step(const SensorSample & reading)
  {
    const std::int64_t now_ns = reading.stamp_ns;
    const std::int64_t began_ns = rt::steady_now_ns();
    controller_.offer_sensors(now_ns, reading);
    while (!actions_.empty() && actions_.front().sequence <= needed(now_ns)) {
      controller_.offer_action(now_ns, actions_.front());
      acted_ = true;
      last_action_ = actions_.front().sequence;
      actions_.pop_front();
    }
    controller_.step(now_ns, record_.output);
    record_.counters = controller_.counters();
    record_.period_ns = record_.woke_ns == 0 ? 0 : began_ns - record_.woke_ns;
    record_.woke_ns = began_ns;
    record_.compute_ns = rt::steady_now_ns() - began_ns;
    reporter_.publish(record_, now_ns);
  }

  std::int64_t action_period_ns_;
  Controller controller_;
  Reporter & reporter_;
  std::deque<SensorSample> readings_;
  std::deque<ActionSample> actions_;
  bool acted_ = false;
  std::uint64_t last_action_ = 0;
  rt::CycleRecord record_{};
};

}  // namespace

void run_lockstep(
  Context & context, Node & node, const NodeParameters & parameters, const Start & start)
{
  Subscription sensors(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandSensors),
    topics::kHandSensors.name, subscription_qos(topics::kHandSensors, true));
  Subscription actions(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandAction), topics::kHandAction.name,
    subscription_qos(topics::kHandAction, true));
  Reporter reporter(node, parameters, start.claim);
  Lockstep lockstep(parameters, start, reporter);
  const auto handle = [&lockstep](rt::Request request) {
    return rt::apply(request, lockstep.controller()) ? rt::RealtimeLoop::Answer::kApplied
                                                     : rt::RealtimeLoop::Answer::kRefused;
  };
  Services services(
    node, parameters.given, start.latch, handle, [&reporter]() { return reporter.rivals(); });
  std::vector<Service *> all = services.patient();
  const std::vector<Service *> urgent = services.urgent();
  all.insert(all.end(), urgent.begin(), urgent.end());
  WaitSet wait_set(context, {&sensors, &actions}, all);

  SensorsMessage reading;
  ActionMessage action;
  rmw_gid_t writer;
  while (!g_interrupted) {
    wait_set.wait(kWakeNs);
    while (actions.take(action.get(), writer)) {
      lockstep.add(decode(*action));
    }
    while (sensors.take(reading.get(), writer)) {
      lockstep.add(decode(*reading));
    }
    lockstep.run();
    services.serve_urgent();
    services.serve_patient();
  }
}

}  // namespace inhand_control::node
