#include <rcutils/logging_macros.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "inhand_control/rt/realtime.hpp"
#include "inhand_control/rt/realtime_loop.hpp"
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

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kRequestNs = 500 * kMillisecond;

// Publishes records until `done` is set and none is left.
void publish_all(rt::RealtimeLoop & loop, Reporter & reporter, const std::atomic<bool> & done)
{
  rt::CycleRecord record;
  for (;;) {
    const bool last_round = done.load();
    while (loop.take(record, last_round ? 0 : kIdleNs)) {
      reporter.publish(record, record.woke_ns);
    }
    if (last_round) {
      return;
    }
  }
}

}  // namespace

void run_realtime(
  Context & context, Node & node, const NodeParameters & parameters, const Start & start)
{
  Subscription sensors(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandSensors),
    topics::kHandSensors.name, subscription_qos(topics::kHandSensors, false));
  Subscription actions(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandAction), topics::kHandAction.name,
    subscription_qos(topics::kHandAction, false));
  WriterLock sensors_lock = one_writer(node, sensors);
  WriterLock actions_lock = one_writer(node, actions);
  Reporter reporter(node, parameters, start.claim);
  reporter.watch({&sensors_lock, &actions_lock});
  reporter.tell_time_by(rt::system_now_ns);

  const rt::LoopOptions options{
    true,          parameters.rt.priority,   parameters.rt.cpu, parameters.rt.lock_memory,
    start.enabled, start.latch.was_stopped()};
  rt::RealtimeLoop loop(HandModel(parameters.hand), parameters.control, options);
  Services services(
    node, parameters.given, start.latch,
    [&loop](rt::Request request) { return loop.request(request, kRequestNs); },
    [&reporter]() { return reporter.rivals(); });
  WaitSet inputs(context, {&sensors, &actions}, {});
  WaitSet urgent(context, {}, services.urgent());
  WaitSet patient(context, {}, services.patient());

  // First all threads there are (this one, the middleware's), then the loop's own.
  std::vector<std::string> warnings;
  if (parameters.rt.io_priority > 0) {
    warnings.push_back(rt::use_fifo_for_all_threads(parameters.rt.io_priority));
  }
  for (const auto & warning : loop.start()) {
    warnings.push_back(warning);
  }
  for (const auto & warning : warnings) {
    if (!warning.empty()) {
      RCUTILS_LOG_WARN_NAMED(node.logger_name(), "%s; going on without it", warning.c_str());
    }
  }
  std::atomic<bool> done{false};
  std::thread publisher([&]() { publish_all(loop, reporter, done); });
  std::thread stopper([&]() { serve(urgent, [&]() { services.serve_urgent(); }); });
  std::thread clerk([&]() {
    rt::use_default_scheduler();  // however much is asked for, it keeps nobody else from running
    serve(patient, [&]() { services.serve_patient(); });
  });

  SensorsMessage reading;
  ActionMessage action;
  rmw_gid_t writer;
  while (!g_interrupted) {
    inputs.wait(kIdleNs);
    const std::int64_t now_ns = rt::steady_now_ns();
    while (sensors.take(reading.get(), writer)) {
      if (sensors_lock.admits(writer, now_ns)) {
        loop.offer(decode(*reading));
      }
    }
    while (actions.take(action.get(), writer)) {
      if (actions_lock.admits(writer, now_ns)) {
        loop.offer(decode(*action));
      }
    }
  }

  stopper.join();
  clerk.join();
  loop.finish();  // its last cycle gives zero torque
  done = true;
  publisher.join();
}

}  // namespace inhand_control::node
