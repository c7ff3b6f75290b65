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
#include "topic_qos.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kWakeNs = 50 * kMillisecond;  // how often an idle thread looks for the end
constexpr std::int64_t kRequestNs = 500 * kMillisecond;

// Publishes records until `done` is set and none is left.
void publish_all(rt::RealtimeLoop & loop, Reporter & reporter, const std::atomic<bool> & done)
{
  rt::CycleRecord record;
  for (;;) {
    const bool last_round = done.load();
    while (loop.take(record, last_round ? 0 : kWakeNs)) {
      reporter.publish(record, record.woke_ns);
    }
    if (last_round) {
      return;
    }
  }
}

}  // namespace

void run_realtime(Context & context, Node & node, const NodeParameters & parameters)
{
  Subscription sensors(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandSensors),
    topics::kHandSensors.name, subscription_qos(topics::kHandSensors, false));
  Subscription actions(
    node, ROSIDL_GET_MSG_TYPE_SUPPORT(inhand_interfaces, msg, HandAction), topics::kHandAction.name,
    subscription_qos(topics::kHandAction, false));
  Reporter reporter(node, parameters);

  const rt::LoopOptions options{
    true, parameters.rt.priority, parameters.rt.cpu, parameters.rt.lock_memory,
    parameters.auto_enable};
  rt::RealtimeLoop loop(HandModel(parameters.hand), parameters.control, options);
  Services services(node, parameters.given, [&loop](rt::Request request) {
    return loop.request(request, kRequestNs);
  });
  WaitSet wait_set(context, {&sensors, &actions}, services.all());

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

  SensorsMessage reading;
  ActionMessage action;
  while (!g_interrupted) {
    const bool requests = wait_set.wait(kWakeNs);
    while (sensors.take(reading.get())) {
      loop.offer(decode(*reading));
    }
    while (actions.take(action.get())) {
      loop.offer(decode(*action));
    }
    if (requests) {
      services.serve();
    }
  }

  loop.finish();  // its last cycle gives zero torque
  done = true;
  publisher.join();
}

}  // namespace inhand_control::node
