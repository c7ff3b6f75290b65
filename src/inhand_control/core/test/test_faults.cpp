#include <limits>

#include "controller_fixture.hpp"

namespace inhand_control
{
namespace
{

using test::action;
using test::ControllerTest;
using test::reading;

TEST_F(ControllerTest, WithoutSensorsTorqueIsZeroAtOnce)
{
  config_.torque_slew = 1.0;
  build();
  controller_->enable();
  act(1.0);
  for (int k = 0; k < 20; ++k) {
    cycle(0.0);
  }
  ASSERT_GT(output_.torque[0], 0.05);
  blind_cycle();
  blind_cycle();
  blind_cycle();
  ASSERT_GT(output_.torque[0], 0.05);  // 15 ms without sensors
  blind_cycle();                       // 20 ms
  EXPECT_EQ(output_.mode, Mode::kZeroTorque);
  for (const double torque : output_.torque) {
    EXPECT_EQ(torque, 0.0);
  }
}

TEST_F(ControllerTest, RefusedInputsAreCountedByCauseAndChangeNothing)
{
  build();
  controller_->enable();
  act(0.1);
  cycle(0.1);
  const double target = output_.target[0];
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();

  for (const double bad : {nan, inf, -inf, 1.01, -1.01}) {
    ActionSample sample = action(now_ns_, action_sequence_, 0.5);
    sample.action[7] = bad;
    EXPECT_FALSE(controller_->offer_action(now_ns_, sample)) << bad;
  }
  ActionSample short_action = action(now_ns_, action_sequence_, 0.5);
  short_action.size = 19;
  EXPECT_FALSE(controller_->offer_action(now_ns_, short_action));
  EXPECT_FALSE(controller_->offer_action(now_ns_, action(now_ns_, 0, 0.5)));  // sequence 0 again

  for (const double bad : {nan, inf, -1.0, 4096.0}) {
    SensorSample sample = reading(now_ns_, sensors_sequence_, 0.2);
    sample.hall[25] = bad;
    EXPECT_FALSE(controller_->offer_sensors(now_ns_, sample)) << bad;
  }
  SensorSample long_reading = reading(now_ns_, sensors_sequence_, 0.2);
  long_reading.size = 27;
  EXPECT_FALSE(controller_->offer_sensors(now_ns_, long_reading));
  EXPECT_FALSE(controller_->offer_sensors(now_ns_, reading(now_ns_, 0, 0.2)));

  blind_cycle();
  EXPECT_EQ(output_.target[0], target);
  EXPECT_NEAR(output_.position[0], 0.1, 1e-12);
  const Counters & counters = controller_->counters();
  EXPECT_EQ(counters.actions.refused_nan, 3u);
  EXPECT_EQ(counters.actions.refused_range, 2u);
  EXPECT_EQ(counters.actions.refused_size, 1u);
  EXPECT_EQ(counters.actions.refused_stale, 1u);
  EXPECT_EQ(counters.actions.accepted, 1u);
  EXPECT_EQ(counters.sensors.refused_nan, 2u);
  EXPECT_EQ(counters.sensors.refused_range, 2u);
  EXPECT_EQ(counters.sensors.refused_size, 1u);
  EXPECT_EQ(counters.sensors.refused_stale, 1u);
  EXPECT_EQ(counters.sensors.accepted, 1u);
}

TEST_F(ControllerTest, RefusedSensorsDoNotFeedTheWatchdog)
{
  build();
  controller_->enable();
  cycle(0.1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (int k = 0; k < 4; ++k) {
    controller_->offer_sensors(now_ns_, reading(now_ns_, sensors_sequence_++, nan));
    blind_cycle();
  }
  EXPECT_EQ(output_.mode, Mode::kZeroTorque);
}

}  // namespace
}  // namespace inhand_control
