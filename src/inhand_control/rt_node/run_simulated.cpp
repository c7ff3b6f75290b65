#include <algorithm>
#include <deque>
#include <mutex>
#include <thread>

#include "inhand_control/controller.hpp"
#include "inhand_control/rt/realtime.hpp"
#include "messages.hpp"
#include "reporter.hpp"
#include "run.hpp"
#include "services.hpp"
#include "serving.hpp"
#include "topic_qos.hpp"
#include "writer_lock.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kRestartNs = 500'000'000;  // time that goes back by more has started over
constexpr topics::Topic kClock{"/clock", 1, 1, false, false};

// The controller in the simulator's time.
class Simulated
{
public:
  Simulated(const NodeParameters & parameters, const Start & start, Reporter & reporter)
  : sensors_timeout_ns_(parameters.control.sensors_timeout_ns),
    silence_ns_(parameters.silence_ns),
    controller_(HandModel(parameters.hand), parameters.control),
    reporter_(reporter),
    heard_ns_(rt::steady_now_ns())
  {
    if (start.latch.was_stopped()) {
      controller_.stop();
    }
    if (start.enabled) {
      controller_.enable();
    }
    cycle(now_ns_);  // so that reports say from the start what the mode is
  }

  Controller & controller() { return controller_; }
  std::int64_t now_ns() const { return now_ns_; }

  void hear_clock(std::int64_t clock_ns)
  {
    heard_ns_ = rt::steady_now_ns();
    advance(clock_ns);
  }

  // Taken before the readings that came with it; the next cycle applies it.
  void hear(const ActionSample & action) { controller_.offer_action(now_ns_, action); }

  void hear(const SensorSample & reading)
  {
    heard_ns_ = rt::steady_now_ns();
    readings_.push_back(reading);
  }

  // Runs a cycle for every reading that came. After a stall, during which the simulator went on, the
  // old ones are left out: nothing is made up for in a burst.
  void run()
  {
    if (readings_.empty()) {
      if (read_ && now_ns_ - read_ns_ >= sensors_timeout_ns_) {
        end_torque(now_ns_);
      }
      return;
    }
    const std::int64_t newest_ns = readings_.back().stamp_ns;
    for (const SensorSample & reading : readings_) {
      if (newest_ns - reading.stamp_ns < sensors_timeout_ns_) {
        advance(reading.stamp_ns);
        read_ = true;
        read_ns_ = now_ns_;
        controller_.offer_sensors(now_ns_, reading);
        cycle(now_ns_);
      }
    }
    readings_.clear();
  }

  // A request has been applied: what it means for the torque is not left to the next reading, which
  // a paused simulator does not send.
  void apply_request() { cycle(now_ns_); }

  // Wall time: ends torque where the simulator is silent, and reports.
  void look()
  {
    const std::int64_t wall_ns = rt::steady_now_ns();
    if (read_ && wall_ns - heard_ns_ >= silence_ns_) {
      end_torque(read_ns_ + sensors_timeout_ns_);
    }
    reporter_.report(record_, wall_ns);
  }

  void finish()
  {
    controller_.stop();
    cycle(now_ns_);
  }

private:
  void advance(std::int64_t time_ns)
  {
    if (time_ns < now_ns_ - kRestartNs) {  // another simulator, whose numbers start over as well
      ControllerState state = controller_.state();
      state.sensors = {};
      state.actions = {};
      state.velocity = {};
      state.plausibility = {};
      state.has_position = false;
      state.action_pending = false;
      controller_.set_state(state);
      now_ns_ = time_ns;
      read_ = false;
      end_torque(now_ns_);
    }
    now_ns_ = std::max(now_ns_, time_ns);
  }

  void end_torque(std::int64_t time_ns)
  {
    if (gives_torque(controller_.mode())) {
      cycle(time_ns);
    }
  }

  void cycle(std::int64_t time_ns)
  {
    const std::int64_t began_ns = rt::steady_now_ns();
    controller_.step(time_ns, record_.output);
    record_.counters = controller_.counters();
    record_.period_ns = record_.woke_ns == 0 ? 0 : began_ns - record_.woke_ns;
    record_.woke_ns = began_ns;
    record_.compute_ns = rt::steady_now_ns() - began_ns;
    reporter_.publish_cycle(record_);
  }

  std::int64_t sensors_timeout_ns_;
  std::int64_t silence_ns_;
  Controller controller_;
  Reporter & reporter_;
  std::deque<SensorSample> readings_;
  std::int64_t now_ns_ = 0;    // simulated time
  std::int64_t read_ns_ = 0;   // simulated time of the newest reading
  std::int64_t heard_ns_ = 0;  // steady clock, of the simulator's last word
  bool read_ = false;
  rt::CycleRecord record_{};
};

}  // namespace

void run_simulated(
  Context & context, Node & node, const NodeParameters & parameters, const Start & start)
{
  topics::Topic reliable_sensors = topics::kHandSensors;
  reliable_sensors.reliable = true;  // the simulator waits for the command that answers a reading
  Subscription sensors(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandSensors), reliable_sensors.name,
    subscription_qos(reliable_sensors, false));
  Subscription actions(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandAction), topics::kHandAction.name,
    subscription_qos(topics::kHandAction, false));
  Subscription clock(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(rosgraph_msgs, msg, Clock), kClock.name,
    subscription_qos(kClock, false));
  WriterLock sensors_lock = one_writer(node, sensors);
  WriterLock actions_lock = one_writer(node, actions);
  WriterLock clock_lock = one_writer(node, clock);
  Reporter reporter(node, parameters, start.claim);
  reporter.watch({&sensors_lock, &actions_lock, &clock_lock});
  Simulated world(parameters, start, reporter);
  // A simulation's time begins at the system's: that is what there is before its first word.
  reporter.tell_time_by(
    [&world]() { return world.now_ns() != 0 ? world.now_ns() : rt::system_now_ns(); });
  std::mutex turn;  // of whoever works on the world: messages, a stop, another request
  const auto handle = [&](rt::Request request) {
    const std::lock_guard<std::mutex> lock(turn);
    const bool applied = rt::apply(request, world.controller());
    if (applied) {
      world.apply_request();
    }
    return applied ? rt::RealtimeLoop::Answer::kApplied : rt::RealtimeLoop::Answer::kRefused;
  };
  Services services(
    node, parameters.given, start.latch, handle, [&reporter]() { return reporter.rivals(); });
  WaitSet inputs(context, {&sensors, &actions, &clock}, {});
  WaitSet urgent(context, {}, services.urgent());
  WaitSet patient(context, {}, services.patient());
  if (parameters.rt.io_priority > 0) {
    // Where it may be had: it makes simulation beside other work faster. No deadline hangs on it.
    rt::use_fifo_for_all_threads(parameters.rt.io_priority);
  }

  std::thread stopper([&]() { serve(urgent, [&]() { services.serve_urgent(); }); });
  std::thread clerk([&]() {
    rt::use_default_scheduler();
    serve(patient, [&]() { services.serve_patient(); });
  });

  SensorsMessage reading;
  ActionMessage action;
  ClockMessage time;
  rmw_gid_t writer;
  while (!g_interrupted) {
    inputs.wait(kIdleNs);
    const std::int64_t wall_ns = rt::steady_now_ns();
    const std::lock_guard<std::mutex> lock(turn);
    while (actions.take(action.get(), writer)) {
      if (actions_lock.admits(writer, wall_ns)) {
        world.hear(decode(*action));
      }
    }
    while (clock.take(time.get(), writer)) {
      if (clock_lock.admits(writer, wall_ns)) {
        world.hear_clock(to_ns(time->clock));
      }
    }
    while (sensors.take(reading.get(), writer)) {
      if (sensors_lock.admits(writer, wall_ns)) {
        world.hear(decode(*reading));
      }
    }
    world.run();
    world.look();
  }
  stopper.join();
  clerk.join();
  world.finish();
}

}  // namespace inhand_control::node
