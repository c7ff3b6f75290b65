// Measures the controller: `control_bench step COUNT` times steps, `control_bench wake
// fifo|default SECONDS BUSY` runs the loop beside BUSY spinning threads. Prints one line of JSON.
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "hand.hpp"
#include "inhand_control/rt/percentiles.hpp"
#include "inhand_control/rt/realtime.hpp"
#include "inhand_control/rt/realtime_loop.hpp"

namespace inhand_control::rt
{
namespace
{

constexpr int kPriority = 50;  // as in config/controller.yaml

HandModel hand()
{
  HandTables tables = test::hand_tables();
  tables.kd.assign(kActuators, 0.05);
  return HandModel(tables);
}

ControllerConfig config()
{
  ControllerConfig config = test::controller_config();
  config.velocity_filter_s = 0.01;
  config.torque_slew = 100.0;
  return config;
}

void print(const char * what, const std::vector<std::int64_t> & values, const char * more)
{
  const Summary summary = summarise(values);
  std::printf(
    "{\"what\": \"%s\", \"count\": %zu, \"p50_us\": %.3f, \"p99_us\": %.3f, \"max_us\": %.3f%s}\n",
    what, values.size(), summary.p50 * 1e-3, summary.p99 * 1e-3, summary.max * 1e-3, more);
}

// One cycle as the loop runs it: a new reading, an action every 16th cycle, a step.
void bench_step(std::int64_t count)
{
  const std::int64_t period_ns = config().period_ns;
  Controller controller(hand(), config());
  controller.enable();
  ControllerOutput output{};
  std::vector<std::int64_t> times;
  times.reserve(static_cast<std::size_t>(count));
  double torque = 0.0;
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t now_ns = k * period_ns;
    const auto number = static_cast<std::uint64_t>(k);
    const double angle = 0.3 * std::sin(0.01 * static_cast<double>(k));
    const SensorSample reading = test::reading(now_ns, number, angle);
    const ActionSample action = test::action(now_ns, number / 16, k % 32 == 0 ? 0.2 : -0.2);
    const std::int64_t began_ns = steady_now_ns();
    controller.offer_sensors(now_ns, reading);
    if (k % 16 == 0) {
      controller.offer_action(now_ns, action);
    }
    controller.step(now_ns, output);
    times.push_back(steady_now_ns() - began_ns);
    torque += std::abs(output.torque[0]);
  }
  if (output.mode != Mode::kRunning || torque == 0.0) {
    throw std::runtime_error("the measured controller does not run");
  }
  print("step", times, "");
}

void bench_wake(bool fifo, double seconds, int busy)
{
  std::atomic<bool> done{false};
  std::vector<std::thread> burners;
  for (int i = 0; i < busy; ++i) {
    burners.emplace_back([&done]() {
      while (!done.load(std::memory_order_relaxed)) {
      }
    });
  }
  std::vector<std::int64_t> lateness;
  CycleRecord record{};
  bool granted = true;
  {
    RealtimeLoop loop(hand(), config(), {fifo, kPriority, -1, true, true, false});
    for (const auto & warning : loop.start()) {
      granted = granted && warning.find("SCHED_FIFO") == std::string::npos;
      std::fprintf(stderr, "control_bench: %s\n", warning.c_str());
    }
    const auto period_s = static_cast<double>(config().period_ns) * 1e-9;
    const auto count = static_cast<std::size_t>(seconds / period_s);
    while (lateness.size() < count && loop.take(record, 1'000'000'000)) {
      lateness.push_back(record.lateness_ns);
    }
  }
  done = true;
  for (auto & burner : burners) {
    burner.join();
  }
  char more[64];
  std::snprintf(
    more, sizeof(more), ", \"granted\": %s, \"skipped\": %llu", granted ? "true" : "false",
    static_cast<unsigned long long>(record.skipped));
  print(fifo ? "fifo" : "default", lateness, more);
}

int usage()
{
  std::fprintf(
    stderr, "usage: control_bench step COUNT | control_bench wake fifo|default SECONDS BUSY\n");
  return 2;
}

}  // namespace
}  // namespace inhand_control::rt

int main(int argc, char ** argv)
{
  namespace rt = inhand_control::rt;
  const std::vector<std::string> words(argv + 1, argv + argc);
  try {
    if (words.size() == 2 && words[0] == "step" && std::stoll(words[1]) > 0) {
      rt::bench_step(std::stoll(words[1]));
    } else if (
      words.size() == 4 && words[0] == "wake" && (words[1] == "fifo" || words[1] == "default")) {
      rt::bench_wake(words[1] == "fifo", std::stod(words[2]), std::stoi(words[3]));
    } else {
      return rt::usage();
    }
  } catch (const std::exception & error) {
    std::fprintf(stderr, "control_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
