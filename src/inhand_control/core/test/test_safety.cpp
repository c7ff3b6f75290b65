#include <gtest/gtest.h>

#include "hand.hpp"
#include "inhand_control/safety.hpp"

namespace inhand_control
{
namespace
{

using test::controller_config;
using test::kMs;

class Stream : public ::testing::Test
{
protected:
  bool offer(std::int64_t now_ns, std::uint64_t sequence)
  {
    return accept_sequence(now_ns, sequence, 20 * kMs, state_, counters_);
  }

  StreamState state_{};
  StreamCounters counters_{};
};

TEST_F(Stream, BeginsAnywhereAndCountsGaps)
{
  EXPECT_TRUE(offer(0, 100));
  EXPECT_EQ(counters_.lost, 0u);
  EXPECT_TRUE(offer(1 * kMs, 101));
  EXPECT_TRUE(offer(2 * kMs, 105));
  EXPECT_EQ(counters_.lost, 3u);
}

TEST_F(Stream, RefusesDuplicatesAndOldNumbers)
{
  EXPECT_TRUE(offer(0, 5));
  EXPECT_FALSE(offer(1 * kMs, 5));
  EXPECT_FALSE(offer(2 * kMs, 4));
  EXPECT_EQ(counters_.refused_stale, 2u);
  EXPECT_EQ(state_.arrival_ns, 0) << "a refused input must not feed the watchdog";
}

TEST_F(Stream, ARestartedProducerIsAcceptedAfterTheTimeOut)
{
  EXPECT_TRUE(offer(0, 1000));
  EXPECT_FALSE(offer(19 * kMs, 0));
  EXPECT_TRUE(offer(20 * kMs, 0));
  EXPECT_EQ(state_.sequence, 0u);
  EXPECT_TRUE(offer(21 * kMs, 1));
  EXPECT_EQ(counters_.lost, 0u);
}

TEST_F(Stream, AForgedNumberIsNoLossOfQuintillions)
{
  EXPECT_TRUE(offer(0, 5));
  for (const std::uint64_t forged : {std::uint64_t{1} << 62, ~std::uint64_t{0}}) {
    EXPECT_FALSE(offer(1 * kMs, forged));
  }
  EXPECT_EQ(counters_.refused_stale, 2u);
  EXPECT_TRUE(offer(2 * kMs, 7));
  EXPECT_EQ(counters_.lost, 1u);
  EXPECT_TRUE(offer(30 * kMs, ~std::uint64_t{0})) << "a restarted producer may begin anywhere";
  EXPECT_TRUE(offer(60 * kMs, 3));
  EXPECT_EQ(counters_.lost, 1u);
}

class Modes : public ::testing::Test
{
protected:
  Modes() { config_.soft_start_ns = 100 * kMs; }

  Transition update(std::int64_t now_ms, bool sensors, bool action)
  {
    return update_safety(now_ms * kMs, {sensors, trusted_, action}, config_, state_, counters_);
  }

  ControllerConfig config_ = controller_config();
  bool trusted_ = true;
  SafetyState state_{};
  Counters counters_{};
};

TEST_F(Modes, DisabledUntilEnabled)
{
  EXPECT_EQ(update(0, true, true), Transition::kNone);
  EXPECT_EQ(state_.mode, Mode::kDisabled);
  EXPECT_TRUE(request_enable(state_));
  EXPECT_EQ(update(5, true, false), Transition::kStart);
  EXPECT_EQ(state_.mode, Mode::kSoftStart);
}

TEST_F(Modes, SoftStartLastsItsTimeAndScalesLinearly)
{
  request_enable(state_);
  update(0, true, true);
  EXPECT_EQ(soft_start_scale(0, state_), 0.0);
  EXPECT_DOUBLE_EQ(soft_start_scale(25 * kMs, state_), 0.25);
  update(99, true, false);
  EXPECT_EQ(state_.mode, Mode::kSoftStart);
  update(100, true, false);
  EXPECT_EQ(state_.mode, Mode::kRunning);
  EXPECT_EQ(soft_start_scale(100 * kMs, state_), 1.0);
}

TEST_F(Modes, WithoutActionsHoldsAfterTheTimeOutAndResumesWithOne)
{
  request_enable(state_);
  update(0, true, true);
  EXPECT_EQ(update(245, true, false), Transition::kNone);
  EXPECT_EQ(state_.mode, Mode::kRunning);
  EXPECT_EQ(update(250, true, false), Transition::kHold);
  EXPECT_EQ(state_.mode, Mode::kHold);
  EXPECT_EQ(update(255, true, false), Transition::kNone) << "the hold target is taken once";
  EXPECT_EQ(counters_.holds, 1u);
  update(260, true, true);
  EXPECT_EQ(state_.mode, Mode::kRunning);
  EXPECT_EQ(counters_.holds, 1u);
}

TEST_F(Modes, WithoutSensorsGivesNoTorqueAndComesBackOverAsLong)
{
  request_enable(state_);
  update(0, true, true);
  update(150, true, true);
  ASSERT_EQ(state_.mode, Mode::kRunning);
  EXPECT_EQ(update(170, false, true), Transition::kNone);
  EXPECT_EQ(state_.mode, Mode::kZeroTorque);
  update(175, false, false);
  EXPECT_EQ(counters_.zero_torques, 1u);
  EXPECT_EQ(update(190, true, false), Transition::kStart);
  EXPECT_EQ(state_.mode, Mode::kSoftStart);
  EXPECT_DOUBLE_EQ(soft_start_scale(195 * kMs, state_), 0.25);
  update(205, true, false);
  EXPECT_EQ(state_.mode, Mode::kSoftStart);
  update(210, true, false);
  EXPECT_EQ(state_.mode, Mode::kHold) << "an action from before the gap is not followed";
}

TEST_F(Modes, DoubtedSensorsHoldAndThenTakeTheTorqueForAWholeSoftStart)
{
  request_enable(state_);
  update(0, true, true);
  update(150, true, true);
  ASSERT_EQ(state_.mode, Mode::kRunning);
  trusted_ = false;
  EXPECT_EQ(update(155, true, true), Transition::kHold);
  EXPECT_EQ(state_.mode, Mode::kHold);
  EXPECT_EQ(update(160, true, true), Transition::kNone) << "the hold target is taken once";
  update(170, false, true);
  EXPECT_EQ(state_.mode, Mode::kZeroTorque);
  trusted_ = true;
  EXPECT_EQ(update(175, true, false), Transition::kStart);
  EXPECT_DOUBLE_EQ(soft_start_scale(225 * kMs, state_), 0.5);
}

TEST_F(Modes, ALongLossOfSensorsEndsInAWholeSoftStart)
{
  request_enable(state_);
  update(0, true, true);
  update(150, true, true);
  update(170, false, false);
  update(1000, true, true);
  EXPECT_DOUBLE_EQ(soft_start_scale(1050 * kMs, state_), 0.5);
}

TEST_F(Modes, DisablingDuringALossOfSensorsNeedsAWholeSoftStart)
{
  request_enable(state_);
  update(0, true, true);
  update(150, true, true);
  update(170, false, false);
  request_disable(state_);
  request_enable(state_);
  update(175, false, false);
  update(180, true, true);
  EXPECT_DOUBLE_EQ(soft_start_scale(230 * kMs, state_), 0.5);
}

TEST_F(Modes, EnabledBeforeTheFirstSensorsIsNotCountedAsALoss)
{
  request_enable(state_);
  update(0, false, false);
  EXPECT_EQ(state_.mode, Mode::kZeroTorque);
  EXPECT_EQ(counters_.zero_torques, 0u);
}

TEST_F(Modes, StopLatchesUntilClearedAndThenNeedsEnabling)
{
  request_enable(state_);
  update(0, true, true);
  request_stop(state_);
  update(5, true, true);
  EXPECT_EQ(state_.mode, Mode::kStopped);
  EXPECT_FALSE(request_enable(state_));
  request_disable(state_);
  EXPECT_EQ(state_.mode, Mode::kStopped) << "disabling must not release the latch";
  update(10, true, true);
  EXPECT_EQ(state_.mode, Mode::kStopped);
  request_clear(state_);
  update(15, true, true);
  EXPECT_EQ(state_.mode, Mode::kDisabled);
  EXPECT_TRUE(request_enable(state_));
  EXPECT_EQ(update(20, true, true), Transition::kStart);
}

TEST_F(Modes, DisableAndEnableWithinACycleStillStartsSoftly)
{
  request_enable(state_);
  update(0, true, true);
  update(150, true, true);
  ASSERT_EQ(state_.mode, Mode::kRunning);
  request_disable(state_);
  request_enable(state_);
  EXPECT_EQ(update(155, true, true), Transition::kStart);
  EXPECT_EQ(state_.mode, Mode::kSoftStart);
}

}  // namespace
}  // namespace inhand_control
