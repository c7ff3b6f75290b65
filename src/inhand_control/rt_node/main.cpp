// rt_node: the low-level controller as a ROS node on plain rcl (no rclcpp).
#include <rcutils/logging_macros.h>
#include <signal.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <random>
#include <set>
#include <stdexcept>
#include <string>

#include "inhand_control/hand_model.hpp"
#include "launched.hpp"
#include "parameters.hpp"
#include "rcl_wrap.hpp"
#include "run.hpp"

namespace inhand_control::node
{

std::atomic<bool> g_interrupted{false};

namespace
{

void interrupt(int) { g_interrupted = true; }

void catch_signals()
{
  struct sigaction action{};
  action.sa_handler = interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// The number that commands are signed with: of the claim's name (64 bits, FNV-1a), which the driver
// computes alike, or drawn at random.
std::uint64_t claim_number(const std::string & name)
{
  if (name.empty()) {
    std::random_device device;
    return (std::uint64_t{device()} << 32 | device()) | 1;
  }
  std::uint64_t number = 0xcbf29ce484222325;
  for (const char byte : name) {
    number = (number ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  }
  return number == 0 ? 1 : number;
}

std::size_t domain_of(Context & context)
{
  std::size_t domain = 0;
  check(rcl_context_get_domain_id(context.get(), &domain), "reading the domain's id");
  return domain;
}

const char * mode_name(const NodeParameters & parameters)
{
  if (parameters.lockstep) {
    return "lockstep";
  }
  return parameters.simulated ? "simulated time" : "real time";
}

// What the node is started with: what is wrong with it stays wrong, however often it is started.
class Refusal : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

template <typename Build>
auto configured(const Build & build)
{
  try {
    return build();
  } catch (const std::exception & error) {
    throw Refusal(error.what());
  }
}

void run(int argc, char ** argv)
{
  const auto context = configured([&]() { return std::make_unique<Context>(argc, argv); });
  Node node(*context, "controller");
  const NodeParameters parameters = configured([&]() {
    std::set<std::string> shared;
    const auto given = read_parameters(
      context->arguments(), node.fully_qualified_name(), {argv, argv + argc}, shared);
    NodeParameters parsed = parse_parameters(given, shared);
    const HandModel checked(parsed.hand);
    return parsed;
  });
  rt::StopLatch latch(
    rt::latch_path(parameters.state_folder, domain_of(*context), node.fully_qualified_name()),
    parameters.claim);
  const bool enabled = parameters.auto_enable && !latch.was_stopped() && !latch.is_respawn();
  RCUTILS_LOG_INFO_NAMED(
    node.logger_name(), "%s, %.1f ms period, %s", mode_name(parameters),
    parameters.control.period_ns * 1e-6,
    enabled ? "enabled at start" : "disabled until controller/enable is called");
  if (latch.was_stopped()) {
    RCUTILS_LOG_WARN_NAMED(
      node.logger_name(), "a person stopped this controller at %s; only controller/clear ends that",
      latch.since().c_str());
  } else if (latch.is_respawn() && parameters.auto_enable) {
    RCUTILS_LOG_WARN_NAMED(
      node.logger_name(), "the controller before this one died: not enabled by itself");
  }
  const Start start{latch, enabled, claim_number(parameters.claim)};
  if (parameters.lockstep) {
    run_lockstep(*context, node, parameters, start);
  } else if (parameters.simulated) {
    run_simulated(*context, node, parameters, start);
  } else {
    run_realtime(*context, node, parameters, start);
  }
}

}  // namespace
}  // namespace inhand_control::node

int main(int argc, char ** argv)
{
  using namespace inhand_control::node;
  const std::string name = program_name("rt_node", argc, argv);
  if (const std::string why = note_start(name); !why.empty()) {
    refuse(name, why);
    return kRefused;
  }
  catch_signals();
  try {
    run(argc, argv);
  } catch (const Refusal & refusal) {
    std::fprintf(stderr, "rt_node: %s\n", refusal.what());
    refuse(name, refusal.what());
    return kRefused;
  } catch (const std::exception & error) {
    std::fprintf(stderr, "rt_node: %s\n", error.what());
    return 1;
  }
  return 0;
}
