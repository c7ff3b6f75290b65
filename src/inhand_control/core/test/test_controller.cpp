#include <cstring>
#include <stdexcept>

#include "controller_fixture.hpp"

namespace inhand_control
{
namespace
{

using test::ControllerTest;
using test::kMs;

TEST_F(ControllerTest, GivesNoTorqueBeforeItIsEnabled)
{
  build();
  act(0.5);
  cycle(0.3);
  EXPECT_EQ(output_.mode, Mode::kDisabled);
  EXPECT_TRUE(output_.has_position);
  EXPECT_NEAR(output_.position[0], 0.3, 1e-12);
  for (const double torque : output_.torque) {
    EXPECT_EQ(torque, 0.0);
  }
}

TEST_F(ControllerTest, TorqueIsPdOnTheTarget)
{
  tables_.kd.assign(kActuators, 0.01);
  tables_.torque_limit.assign(kActuators, 100.0);
  build();
  controller_->enable();
  cycle(0.1);
  act(0.2);
  cycle(0.1);
  // target 0.1 + 0.2 * 1.5 = 0.4; of a pair: 0.2 + 0.3 = 0.5
  EXPECT_NEAR(output_.target[0], 0.4, 1e-12);
  EXPECT_NEAR(output_.torque[0], 2.0 * 0.3, 1e-12);
  EXPECT_NEAR(output_.target[4], 0.5, 1e-12);
  EXPECT_NEAR(output_.torque[4], 2.0 * 0.3, 1e-12);
  cycle(0.15);  // 10 rad/s; a pair moves twice as fast
  EXPECT_NEAR(output_.torque[0], 2.0 * 0.25 - 0.01 * 10.0, 1e-9);
  EXPECT_NEAR(output_.torque[4], 2.0 * 0.20 - 0.01 * 20.0, 1e-9);
  EXPECT_NEAR(output_.effort[4], output_.torque[4], 0.0);
  EXPECT_NEAR(output_.effort[5], output_.torque[4], 0.0);
}

TEST_F(ControllerTest, ActionInTheVeryFirstCycleCounts)
{
  build();
  controller_->enable();
  act(0.2);
  cycle(0.1);
  EXPECT_EQ(output_.mode, Mode::kRunning);
  EXPECT_NEAR(output_.target[0], 0.4, 1e-12);
}

TEST_F(ControllerTest, TargetStaysWhileTheJointMoves)
{
  build();
  controller_->enable();
  act(0.2);
  cycle(0.1);
  for (int k = 0; k < 15; ++k) {
    cycle(0.1 + 0.01 * k);
    EXPECT_NEAR(output_.target[0], 0.4, 1e-12);
  }
  act(0.0);
  cycle(0.3);
  EXPECT_NEAR(output_.target[0], 0.3, 1e-12);
}

TEST_F(ControllerTest, RelativeToPreviousTargetAddsUp)
{
  config_.relative_to = RelativeTo::kPreviousTarget;
  build();
  controller_->enable();
  act(0.1);
  cycle(0.1);
  EXPECT_NEAR(output_.target[0], 0.25, 1e-12);
  act(0.1);
  cycle(0.1);
  EXPECT_NEAR(output_.target[0], 0.40, 1e-12);
}

TEST_F(ControllerTest, TorqueKeepsItsLimitAndItsSlew)
{
  config_.torque_slew = 50.0;  // a quarter of the limit a cycle
  build();
  controller_->enable();
  act(1.0);
  for (const double torque : {0.25, 0.50, 0.75, 1.00, 1.00}) {
    cycle(0.0);
    EXPECT_NEAR(output_.torque[0], torque, 1e-12);
  }
  act(-1.0);
  for (const double torque : {0.75, 0.50, 0.25, 0.00, -0.25, -0.50, -0.75, -1.00, -1.00}) {
    cycle(0.0);
    EXPECT_NEAR(output_.torque[0], torque, 1e-12);
  }
}

TEST_F(ControllerTest, SoftStartRaisesTheTorqueLimit)
{
  config_.soft_start_ns = 20 * kMs;
  build();
  controller_->enable();
  act(1.0);
  for (const double limit : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    cycle(0.0);
    EXPECT_NEAR(output_.torque[0], limit, 1e-12);
  }
}

TEST_F(ControllerTest, EnablingHoldsTheMeasuredPosition)
{
  build();
  cycle(0.7);
  controller_->enable();
  cycle(0.7);
  EXPECT_NEAR(output_.target[0], 0.7, 1e-12);
  EXPECT_NEAR(output_.torque[0], 0.0, 1e-12);
  EXPECT_EQ(output_.mode, Mode::kHold);
}

TEST_F(ControllerTest, HoldStopsWhereTheHandIs)
{
  build();
  controller_->enable();
  act(1.0);
  for (int k = 0; k <= 50; ++k) {
    cycle(0.01 * k);
  }
  EXPECT_EQ(output_.mode, Mode::kHold);
  EXPECT_NEAR(output_.target[0], 0.5, 1e-12);
  cycle(0.6);
  EXPECT_NEAR(output_.target[0], 0.5, 1e-12) << "taken once: the target does not creep";
}

TEST_F(ControllerTest, HoldCanKeepTheLastTarget)
{
  config_.hold = HoldTarget::kLastTarget;
  build();
  controller_->enable();
  act(0.2);
  for (int k = 0; k <= 50; ++k) {
    cycle(0.1);
  }
  EXPECT_EQ(output_.mode, Mode::kHold);
  EXPECT_NEAR(output_.target[0], 0.4, 1e-12);
  EXPECT_NEAR(output_.torque[0], 0.6, 1e-12);
}

TEST_F(ControllerTest, ActionsKeepToTheTargetsLimitsAndHoldDoesNot)
{
  tables_.target_lower[0] = -0.25;
  build();
  controller_->enable();
  act(-1.0);
  cycle(-0.2);
  EXPECT_NEAR(output_.target[0], -0.25, 1e-12);
  for (int k = 0; k <= 50; ++k) {
    cycle(-0.7);  // pushed beyond
  }
  EXPECT_EQ(output_.mode, Mode::kHold);
  EXPECT_NEAR(output_.target[0], -0.7, 1e-12) << "what stands still is not moved";
}

TEST_F(ControllerTest, ActionsReachTheRangeForCalibration)
{
  tables_.target_lower[0] = -0.25;
  config_.limits = ActionLimits::kRange;
  build();
  controller_->enable();
  act(-1.0);
  cycle(-0.2);
  EXPECT_NEAR(output_.target[0], -1.0, 1e-12);
}

TEST_F(ControllerTest, SavedStateRepeatsBitForBit)
{
  config_.velocity_filter_s = 0.01;
  tables_.kd.assign(kActuators, 0.02);
  build();
  controller_->enable();
  act(0.3);
  cycle(0.1);
  cycle(0.13);
  const ControllerState saved = controller_->state();
  const std::int64_t now_ns = now_ns_;
  const std::uint64_t sequence = sensors_sequence_;
  cycle(0.17);
  const ControllerOutput first = output_;
  controller_->set_state(saved);
  now_ns_ = now_ns;
  sensors_sequence_ = sequence;
  cycle(0.17);
  EXPECT_EQ(first.torque, output_.torque);
  EXPECT_EQ(first.velocity, output_.velocity);
}

TEST_F(ControllerTest, BadParametersAreNamed)
{
  config_.action_timeout_ns = 1 * kMs;
  try {
    build();
    FAIL() << "accepted";
  } catch (const std::invalid_argument & error) {
    EXPECT_NE(std::strstr(error.what(), "action_timeout_s"), nullptr) << error.what();
  }
  EXPECT_THROW(relative_to_from_string("joints"), std::invalid_argument);
  EXPECT_THROW(hold_target_from_string("grip"), std::invalid_argument);
  EXPECT_THROW(action_limits_from_string("none"), std::invalid_argument);
}

}  // namespace
}  // namespace inhand_control
