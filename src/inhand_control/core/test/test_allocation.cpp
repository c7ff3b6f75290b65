// Counts every allocation of the process: the controller must make none once it is built.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <limits>
#include <new>
#include <utility>

#include "hand.hpp"
#include "inhand_control/controller.hpp"

namespace
{
std::atomic<std::size_t> g_allocations{0};
}

void * operator new(std::size_t size)
{
  ++g_allocations;
  if (void * memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void * memory) noexcept { std::free(memory); }
void operator delete(void * memory, std::size_t) noexcept { std::free(memory); }

namespace inhand_control
{
namespace
{

using test::action;
using test::kMs;
using test::reading;

TEST(Allocation, TheCounterCounts)
{
  const std::size_t before = g_allocations;
  ::operator delete(::operator new(8));  // the plain function: new-expressions may be elided
  EXPECT_GT(g_allocations, before);
}

TEST(Allocation, NoneInThousandsOfCyclesThroughEveryMode)
{
  ControllerConfig config = test::controller_config();
  config.soft_start_ns = 20 * kMs;
  Controller controller(HandModel(test::hand_tables()), config);
  ControllerOutput output{};
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::uint64_t sequence = 0;
  std::size_t visited[6] = {};

  const std::size_t before = g_allocations;
  for (std::int64_t k = 0; k < 4000; ++k) {
    const std::int64_t now = k * 5 * kMs;
    const std::int64_t phase = k % 400;
    if (phase == 10) {
      controller.enable();
    }
    if (phase == 380) {
      controller.stop();
    }
    if (phase == 395) {
      controller.clear();
    }
    if (phase < 200 || phase > 220) {
      controller.offer_sensors(now, reading(now, static_cast<std::uint64_t>(k), 0.1));
    }
    controller.offer_sensors(now, reading(now, 0, nan));
    if (k % 16 == 0 && phase < 100) {
      controller.offer_action(now, action(now, ++sequence, 0.2));
    }
    controller.offer_action(now, action(now, sequence, 2.0));
    controller.step(now, output);
    ++visited[static_cast<std::size_t>(output.mode)];
  }
  EXPECT_EQ(g_allocations, before);
  for (const std::size_t count : visited) {
    EXPECT_GT(count, 0u) << "the run must pass through every mode";
  }
}

static_assert(noexcept(std::declval<Controller &>().step(0, std::declval<ControllerOutput &>())));
static_assert(
  noexcept(std::declval<Controller &>().offer_sensors(0, std::declval<SensorSample>())));
static_assert(noexcept(std::declval<Controller &>().offer_action(0, std::declval<ActionSample>())));

}  // namespace
}  // namespace inhand_control
