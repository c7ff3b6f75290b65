#include <cmath>
#include <vector>

#include "controller_fixture.hpp"

namespace inhand_control
{
namespace
{

using test::kMs;
using test::reading;

// The hand of the other tests, with limits as on a real one: 1 mrad a count about count 2000, tables
// from 1000 to 3000, so that 700 to 3300 counts are usable.
class Plausible : public test::ControllerTest
{
protected:
  Plausible()
  {
    config_.hall_margin = 0.15;
    config_.hall_disagreement = 0.25;
    config_.max_joint_speed = 30.0;
    config_.stuck_torque = 0.6;
    config_.stuck_ns = 100 * kMs;
    config_.settle_ns = 100 * kMs;
    config_.soft_start_ns = 50 * kMs;
    build();
    controller_->enable();
    for (int k = 0; k < 20; ++k) {
      run(wander());
    }
    EXPECT_EQ(output_.mode, Mode::kRunning);
  }

  // A joint that is never still to the count.
  double wander() { return 0.1 + 0.002 * static_cast<double>(sensors_sequence_ % 2); }

  SensorSample next(double angle) { return reading(now_ns_, sensors_sequence_++, angle); }

  void run(double angle) { feed(next(angle)); }

  void feed(const SensorSample & sample)
  {
    if (sensors_sequence_ % 16 == 1) {
      act(-0.2);
    }
    accepted_ = controller_->offer_sensors(now_ns_, sample);
    blind_cycle();
  }

  // One channel that reads `counts`, for a number of cycles.
  void broken(std::size_t channel, double counts, int cycles)
  {
    for (int k = 0; k < cycles; ++k) {
      SensorSample sample = next(wander());
      sample.hall[channel] = counts;
      feed(sample);
    }
  }

  double most_torque() const
  {
    double most = 0.0;
    for (const double torque : output_.torque) {
      most = std::max(most, std::abs(torque));
    }
    return most;
  }

  std::uint64_t count(Doubt doubt, std::size_t joint) const
  {
    return controller_->counters().implausible[static_cast<std::size_t>(doubt)][joint];
  }

  bool accepted_ = false;
};

TEST_F(Plausible, ABrokenWireHoldsThenTakesTheTorqueAndIsNamed)
{
  for (const double counts : {0.0, 4095.0, 600.0, 3400.0}) {
    broken(3, counts, 1);
    EXPECT_FALSE(accepted_) << counts;
    EXPECT_EQ(output_.mode, Mode::kHold) << counts;
    EXPECT_EQ(output_.doubt, Doubt::kBand);
    EXPECT_EQ(output_.doubted_channel, 3u);
    EXPECT_EQ(output_.doubted_value, counts);
    broken(3, counts, 4);
    EXPECT_EQ(output_.mode, Mode::kZeroTorque) << counts;
    EXPECT_EQ(most_torque(), 0.0);
    EXPECT_EQ(count(Doubt::kBand, 2), 5u) << "channel 3 is joint 2's";
    broken(3, counts, 100);
    EXPECT_EQ(output_.mode, Mode::kZeroTorque) << "for as long as it lasts";
    EXPECT_NEAR(output_.position[2], 0.1, 0.01) << "the last position that was believed";

    for (int k = 0; k < 19; ++k) {  // 95 ms
      run(wander());
      EXPECT_FALSE(accepted_) << k;
    }
    run(wander());
    run(wander());
    EXPECT_TRUE(accepted_);
    EXPECT_EQ(output_.mode, Mode::kSoftStart);
    for (int k = 0; k < 40; ++k) {
      run(wander());
    }
    EXPECT_EQ(output_.mode, Mode::kRunning);
    EXPECT_EQ(output_.doubt, Doubt::kNone);
    controller_->reset();
    controller_->enable();
    for (int k = 0; k < 20; ++k) {
      run(wander());
    }
  }
}

TEST_F(Plausible, TheRailsAreNeverUsableWhateverTheTableSays)
{
  tables_.calibration[7] = {{10.0, 2000.0, 4090.0}, {-1.0, 0.0, 1.0}};
  build();
  const std::size_t channel = 8;  // joint 7; joint 1 has two
  EXPECT_EQ(controller_->plausibility().low(channel), 1.0);
  EXPECT_EQ(controller_->plausibility().high(channel), 4094.0);
}

TEST_F(Plausible, AllChannelsOnARailMoveNothing)
{
  SensorSample sample = next(0.1);
  for (const double counts : {0.0, 4095.0}) {
    for (int k = 0; k < 50; ++k) {
      sample = next(0.1);
      sample.hall.fill(counts);
      feed(sample);
      EXPECT_EQ(most_torque() > 1e-9 && output_.mode == Mode::kRunning, false);
    }
    EXPECT_EQ(output_.mode, Mode::kZeroTorque);
  }
  EXPECT_NEAR(output_.position[0], 0.1, 0.01);
}

TEST_F(Plausible, OneLeapOfOneReadingIsHeldAndForgotten)
{
  const double target = output_.target[2];
  broken(3, 2800.0, 1);  // 0.7 rad further
  EXPECT_FALSE(accepted_);
  EXPECT_EQ(output_.mode, Mode::kHold);
  EXPECT_EQ(output_.doubt, Doubt::kSpeed);
  EXPECT_NE(output_.target[2], target);
  EXPECT_NEAR(output_.target[2], 0.1, 0.01) << "holds where it was";
  run(wander());
  EXPECT_TRUE(accepted_);
  EXPECT_EQ(count(Doubt::kSpeed, 2), 1u);
  EXPECT_EQ(controller_->counters().sensors.refused_doubt, 1u);
  EXPECT_EQ(controller_->counters().zero_torques, 0u);
}

TEST_F(Plausible, ALeapThatStaysIsBelievedOnlyAfterZeroTorqueAndFromThere)
{
  for (int k = 0; k < 3; ++k) {
    run(wander() + 0.5);
    EXPECT_FALSE(accepted_);
    EXPECT_EQ(output_.mode, Mode::kHold);
    EXPECT_LT(most_torque(), 0.05);
  }
  for (int k = 0; k < 20; ++k) {
    run(wander() + 0.5);
    EXPECT_EQ(most_torque(), 0.0);
  }
  EXPECT_EQ(output_.mode, Mode::kZeroTorque);
  for (int k = 0; k < 3; ++k) {
    run(wander() + 0.5);
  }
  EXPECT_EQ(output_.mode, Mode::kSoftStart);
  EXPECT_NEAR(output_.position[0], 0.6, 0.01);
}

TEST_F(Plausible, AFastJointIsBelieved)
{
  for (int k = 0; k < 10; ++k) {
    run(0.1 + 0.1 * k);  // 20 rad/s
    EXPECT_TRUE(accepted_) << k;
  }
}

TEST_F(Plausible, AFrozenReadingUnderTorqueIsDoubtedAndOneAtRestIsNot)
{
  for (int k = 0; k < 100; ++k) {  // frozen, but the torque does not change either
    run(0.1);
  }
  EXPECT_EQ(output_.mode, Mode::kRunning);
  EXPECT_TRUE(accepted_);
  act(0.5);  // torque from -0.6 to +1
  for (int k = 0; k < 19; ++k) {
    accepted_ = controller_->offer_sensors(now_ns_, next(0.1));
    blind_cycle();
    EXPECT_TRUE(accepted_) << k;
  }
  EXPECT_GT(most_torque(), 0.9);
  for (int k = 0; k < 10; ++k) {
    accepted_ = controller_->offer_sensors(now_ns_, next(0.1));
    blind_cycle();
  }
  EXPECT_FALSE(accepted_);
  EXPECT_EQ(output_.doubt, Doubt::kStuck);
  EXPECT_EQ(output_.mode, Mode::kZeroTorque);
  for (int k = 0; k < 100; ++k) {
    run(0.1);
  }
  EXPECT_EQ(output_.mode, Mode::kZeroTorque) << "until it moves";
  for (int k = 0; k < 30; ++k) {
    run(wander());
  }
  EXPECT_TRUE(accepted_);
}

// Readings that are the same to the count for seconds are what an honest, quantised sensor gives of a
// joint that does not move: at rest, held by friction, or pressed against its stop.

TEST_F(Plausible, AHandAtRestIsBelievedForAsLongAsItRests)
{
  for (int k = 0; k < 12'000; ++k) {  // a minute; actions go on
    run(0.1);
    ASSERT_TRUE(accepted_) << k;
  }
  EXPECT_EQ(output_.mode, Mode::kRunning);
  EXPECT_EQ(controller_->counters().sensors.refused_doubt, 0u);
}

TEST_F(Plausible, AJointThatFrictionHoldsIsBelievedWhileItsTorqueWanders)
{
  for (int k = 0; k < 4'000; ++k) {
    if (k % 16 == 0) {
      act(0.09 * std::sin(0.01 * k));  // up to 0.27 of the limit, to either side
    }
    accepted_ = controller_->offer_sensors(now_ns_, next(k < 40 ? wander() : 0.1));
    blind_cycle();
    ASSERT_TRUE(accepted_) << k << ", torque " << most_torque();
  }
  EXPECT_EQ(output_.mode, Mode::kRunning);
}

TEST_F(Plausible, AJointAtItsStopIsBelievedHoweverHardItIsPressedAndNotWhenItIsPulledAway)
{
  for (std::size_t a = 0; a < kActuators; ++a) {
    const double range = tables_.actuator_joint_2[a].empty() ? 1.0 : 2.0;
    tables_.range_lower[a] = tables_.target_lower[a] = -range;
    tables_.range_upper[a] = tables_.target_upper[a] = range;
  }
  tables_.kp.assign(kActuators, 40.0);
  for (const double stop : {-0.95, 0.95}) {
    build();
    controller_->enable();
    double pressed = 0.0;
    for (int k = 0; k < 2'000; ++k) {
      if (k % 16 == 0) {
        act(k % 32 == 0 ? std::copysign(1.0, stop) : 0.0);
      }
      accepted_ = controller_->offer_sensors(now_ns_, next(stop));
      blind_cycle();
      ASSERT_TRUE(accepted_) << k << " at " << stop;
      pressed = std::max(pressed, most_torque());
    }
    EXPECT_GT(pressed, 0.9);
    for (int k = 0; k < 60; ++k) {
      if (k % 16 == 0) {
        act(std::copysign(0.5, -stop));
      }
      controller_->offer_sensors(now_ns_, next(stop));
      blind_cycle();
    }
    EXPECT_EQ(output_.doubt, Doubt::kStuck) << "a joint that can move would have";
    EXPECT_EQ(output_.mode, Mode::kZeroTorque);
  }
}

TEST_F(Plausible, OfTwoJointsThatOneActuatorDrivesOneMayRest)
{
  for (int k = 0; k < 400; ++k) {
    if (k % 16 == 0) {
      act(k % 32 == 0 ? 0.5 : -0.5);
    }
    SensorSample sample = next(wander());
    sample.hall[6] = 2100.0;  // joint 5's, which is driven together with joint 4
    accepted_ = controller_->offer_sensors(now_ns_, sample);
    blind_cycle();
    ASSERT_TRUE(accepted_) << k;
  }
}

TEST_F(Plausible, WhatWasStuckIsBelievedAgainAfterASilenceOrByAPerson)
{
  const auto stick = [this]() {
    act(0.5);
    for (int k = 0; k < 60; ++k) {
      controller_->offer_sensors(now_ns_, next(0.1));
      blind_cycle();
    }
    EXPECT_EQ(output_.mode, Mode::kZeroTorque);
    EXPECT_EQ(output_.doubt, Doubt::kStuck);
  };
  stick();
  for (int k = 0; k < 4; ++k) {
    blind_cycle();  // the driver was away
  }
  run(0.1);
  EXPECT_EQ(output_.mode, Mode::kSoftStart);
  stick();
  controller_->disable();
  controller_->enable();
  run(0.1);
  EXPECT_EQ(output_.mode, Mode::kSoftStart);
}

TEST_F(Plausible, StuckChannelsAreNamed)
{
  const auto stick = [this](const std::vector<std::size_t> & channels) {
    for (int k = 0; k < 40; ++k) {
      SensorSample sample = next(wander());
      for (const std::size_t channel : channels) {
        sample.hall[channel] = 2100.0;
      }
      if (k == 2) {
        act(0.5);
      }
      controller_->offer_sensors(now_ns_, sample);
      blind_cycle();
    }
  };
  stick({3});
  EXPECT_EQ(output_.doubt, Doubt::kStuck);
  EXPECT_EQ(output_.doubted_channel, 3u);
  for (int k = 0; k < 100; ++k) {
    run(wander());
  }
  EXPECT_EQ(output_.mode, Mode::kRunning);
  stick({5, 6});  // both joints of a pair
  EXPECT_EQ(output_.doubt, Doubt::kStuck);
  EXPECT_EQ(output_.doubted_channel, 5u);
}

TEST_F(Plausible, TwoChannelsOfAJointThatDisagreeAreDoubted)
{
  SensorSample sample = next(wander());
  sample.hall[1] += 300.0;  // joint 1's first channel; 150 counts in the joint's average
  sample.hall[2] -= 300.0;
  feed(sample);
  EXPECT_FALSE(accepted_);
  EXPECT_EQ(count(Doubt::kDisagreement, 1), 1u);
}

TEST_F(Plausible, AGapOfReadingsIsNoLeap)
{
  blind_cycle();
  blind_cycle();
  run(0.1 + 0.4);  // 15 ms after the last one, 27 rad/s
  EXPECT_TRUE(accepted_);
  for (int k = 0; k < 4; ++k) {
    blind_cycle();
  }
  EXPECT_EQ(output_.mode, Mode::kZeroTorque);
  run(-0.5);  // torque has ended and begins from wherever the hand is now
  EXPECT_TRUE(accepted_);
  EXPECT_EQ(output_.mode, Mode::kSoftStart);
}

TEST_F(Plausible, AHandThatWasSetAnewIsHeldWhereItIs)
{
  SensorSample sample = next(0.9);
  sample.start = 1;
  feed(sample);
  EXPECT_TRUE(accepted_);
  EXPECT_NEAR(output_.target[0], 0.9, 1e-9);
  EXPECT_EQ(output_.velocity[0], 0.0);
  EXPECT_EQ(controller_->counters().zero_torques, 0u);
  sample = next(0.3);
  sample.start = 1;
  feed(sample);
  EXPECT_FALSE(accepted_) << "set anew once, not for ever";
}

TEST_F(Plausible, AnActionOfAnotherTimeIsRefused)
{
  const std::int64_t year = 365LL * 24 * 3600 * 1000 * kMs;
  for (const std::int64_t off : {-50 * year, -300 * kMs, 300 * kMs, 12 * year}) {
    now_ns_ += 60 * year * (off == -50 * year);
    run(wander());
    const std::uint64_t before = controller_->counters().actions.refused_age;
    EXPECT_FALSE(
      controller_->offer_action(now_ns_, test::action(now_ns_ + off, action_sequence_++, 0.5)));
    EXPECT_EQ(controller_->counters().actions.refused_age, before + 1);
  }
  EXPECT_TRUE(
    controller_->offer_action(now_ns_, test::action(now_ns_ - 100 * kMs, action_sequence_++, 0.5)));
}

}  // namespace
}  // namespace inhand_control
