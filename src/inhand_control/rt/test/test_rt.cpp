#include <gtest/gtest.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "hand.hpp"
#include "inhand_control/rt/percentiles.hpp"
#include "inhand_control/rt/realtime.hpp"
#include "inhand_control/rt/realtime_loop.hpp"
#include "inhand_control/rt/schedule.hpp"
#include "inhand_control/rt/spsc_queue.hpp"

namespace inhand_control::rt
{
namespace
{

using test::kMs;

TEST(PeriodicSchedule, KeepsItsPhase)
{
  PeriodicSchedule schedule(100, 10);
  EXPECT_EQ(schedule.due_ns(), 100);
  schedule.finish(103);
  EXPECT_EQ(schedule.due_ns(), 110);
  schedule.finish(120);  // just in time for the next
  EXPECT_EQ(schedule.due_ns(), 120);
  EXPECT_EQ(schedule.skipped(), 0u);
  EXPECT_EQ(schedule.missed(), 0u);
}

TEST(PeriodicSchedule, SkipsWholePeriodsOnOverrun)
{
  PeriodicSchedule schedule(100, 10);
  schedule.finish(111);  // the cycle of 110 is gone: next is 120
  EXPECT_EQ(schedule.due_ns(), 120);
  EXPECT_EQ(schedule.skipped(), 1u);
  EXPECT_EQ(schedule.missed(), 1u);
  schedule.finish(165);  // 130, 140, 150, 160 are gone
  EXPECT_EQ(schedule.due_ns(), 170);
  EXPECT_EQ(schedule.skipped(), 5u);
  EXPECT_EQ(schedule.missed(), 2u);
}

TEST(SpscQueue, IsFirstInFirstOutAndRefusesWhenFull)
{
  SpscQueue<int, 4> queue;
  int value = 0;
  EXPECT_FALSE(queue.try_pop(value));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(queue.try_push(i));
    }
    EXPECT_FALSE(queue.try_push(99));
    for (int i = 0; i < 4; ++i) {
      ASSERT_TRUE(queue.try_pop(value));
      EXPECT_EQ(value, i);
    }
    EXPECT_FALSE(queue.try_pop(value));
  }
}

TEST(SpscQueue, PassesEverythingBetweenTwoThreadsUnbroken)
{
  struct Pair
  {
    std::uint64_t number;
    std::uint64_t check;
  };
  constexpr std::uint64_t kCount = 100'000;
  SpscQueue<Pair, 64> queue;
  std::thread producer([&]() {
    for (std::uint64_t i = 0; i < kCount;) {
      if (queue.try_push({i, ~i})) {
        ++i;
      } else {
        std::this_thread::yield();
      }
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < kCount;) {
    Pair pair;
    if (queue.try_pop(pair)) {
      wrong += pair.number != i || pair.check != ~i;
      ++i;
    } else {
      std::this_thread::yield();
    }
  }
  producer.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(Summarise, NearestRank)
{
  std::vector<std::int64_t> values;
  for (std::int64_t i = 100; i >= 1; --i) {
    values.push_back(i);
  }
  const Summary summary = summarise(values);
  EXPECT_DOUBLE_EQ(summary.mean, 50.5);
  EXPECT_DOUBLE_EQ(summary.p50, 50.0);
  EXPECT_DOUBLE_EQ(summary.p99, 99.0);
  EXPECT_DOUBLE_EQ(summary.max, 100.0);
  EXPECT_NEAR(summary.deviation, 28.866, 1e-3);
  EXPECT_EQ(summarise({7}).p99, 7.0);
  EXPECT_EQ(summarise({}).p99, 0.0);
}

TEST(Realtime, WhatIsDeniedIsSaid)
{
  std::thread([]() {
    EXPECT_NE(pin_thread(1023).find("core 1023 denied"), std::string::npos);
    EXPECT_NE(use_fifo(1000).find("SCHED_FIFO priority 1000 denied"), std::string::npos);
    EXPECT_NE(
      use_fifo_for_all_threads(1000).find("priority 1000 for messages denied"), std::string::npos);
    EXPECT_EQ(pin_thread(-1), "");
  }).join();
}

class Loop : public ::testing::Test
{
protected:
  // Takes records until one satisfies the condition; fails after many.
  template <typename Condition>
  CycleRecord until(Condition condition)
  {
    CycleRecord record{};
    for (int i = 0; i < 1000; ++i) {
      if (loop_.take(record, 1000 * kMs) && condition(record)) {
        return record;
      }
    }
    ADD_FAILURE() << "the condition was never met";
    return record;
  }

  RealtimeLoop loop_{
    HandModel(test::hand_tables()), test::controller_config(), {false, 0, -1, false, false, false}};
};

TEST_F(Loop, CarriesInputsRequestsAndRecords)
{
  loop_.start();
  EXPECT_EQ(loop_.request(Request::kStop, 5000 * kMs), RealtimeLoop::Answer::kApplied);
  EXPECT_EQ(loop_.request(Request::kEnable, 5000 * kMs), RealtimeLoop::Answer::kRefused);
  EXPECT_EQ(loop_.request(Request::kClear, 5000 * kMs), RealtimeLoop::Answer::kApplied);
  EXPECT_EQ(loop_.request(Request::kEnable, 5000 * kMs), RealtimeLoop::Answer::kApplied);
  loop_.offer(test::reading(7, 3, 0.1));
  loop_.offer(test::action(7, 0, 0.2));
  const auto record = until([](const CycleRecord & r) { return r.counters.actions.accepted == 1; });
  EXPECT_EQ(record.output.sensors_stamp_ns, 7);
  EXPECT_EQ(record.output.sensors_sequence, 3u);
  EXPECT_NEAR(record.output.target[0], 0.4, 1e-12);
}

TEST_F(Loop, PassesOnReadingsThatWereOvertaken)
{
  for (const std::uint64_t sequence : {1, 2, 2, 3}) {  // one twice: refused
    loop_.offer(test::reading(static_cast<std::int64_t>(sequence) * kMs, sequence, 0.1));
  }
  loop_.start();
  const auto record = until([](const CycleRecord & r) { return r.output.has_position; });
  EXPECT_EQ(record.output.sensors_sequence, 3u);
  ASSERT_EQ(record.overtaken_count, 2u);
  EXPECT_EQ(record.overtaken[0].stamp_ns, 1 * kMs);
  EXPECT_EQ(record.overtaken[1].stamp_ns, 2 * kMs);
  EXPECT_EQ(record.overtaken[1].position, record.output.position);
  const auto next = until([](const CycleRecord &) { return true; });
  EXPECT_EQ(next.overtaken_count, 0u);
}

TEST_F(Loop, KeepsABoundedNumberOfThem)
{
  for (std::uint64_t sequence = 0; sequence < 3 * kMaxOvertaken; ++sequence) {
    loop_.offer(test::reading(static_cast<std::int64_t>(sequence), sequence, 0.1));
  }
  loop_.start();
  const auto record = until([](const CycleRecord & r) { return r.output.has_position; });
  EXPECT_EQ(record.output.sensors_sequence, 3 * kMaxOvertaken - 1);
  EXPECT_EQ(record.overtaken_count, kMaxOvertaken);
}

TEST_F(Loop, EndsWithZeroTorque)
{
  loop_.start();
  loop_.request(Request::kEnable, 5000 * kMs);
  loop_.offer(test::reading(0, 0, 0.1));
  loop_.offer(test::action(7, 0, 0.2));
  until([](const CycleRecord & r) { return r.output.torque[0] != 0.0; });
  loop_.finish();
  CycleRecord record{};
  CycleRecord last{};
  while (loop_.take(record, 0)) {
    last = record;
  }
  EXPECT_EQ(last.output.mode, Mode::kStopped);
  EXPECT_EQ(last.output.torque[0], 0.0);
}

}  // namespace
}  // namespace inhand_control::rt
