#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "hand.hpp"
#include "inhand_control/hand_model.hpp"

namespace inhand_control
{
namespace
{

using test::hand_tables;

TEST(RelativeTarget, MovesByHalfTheRangeAndClips)
{
  EXPECT_DOUBLE_EQ(relative_target(0.0, 0.25, 1.5, -1.0, 2.0), 0.25);
  EXPECT_DOUBLE_EQ(relative_target(0.5, 0.25, 1.5, -1.0, 2.0), 0.25 + 0.5 * 1.5);
  EXPECT_DOUBLE_EQ(relative_target(-0.5, 0.25, 1.5, -1.0, 2.0), 0.25 - 0.5 * 1.5);
  EXPECT_DOUBLE_EQ(relative_target(1.0, 1.5, 1.5, -1.0, 2.0), 2.0);
  EXPECT_DOUBLE_EQ(relative_target(-1.0, -0.5, 1.5, -1.0, 2.0), -1.0);
  EXPECT_DOUBLE_EQ(relative_target(0.0, 5.0, 1.5, -1.0, 2.0), 2.0);
  EXPECT_DOUBLE_EQ(relative_target(0.5, 0.25, 1.5, -1.0, 0.5), 0.5);
}

TEST(HandModel, AveragesDoubledChannelsBeforeCalibrating)
{
  HandTables tables = hand_tables();
  // A bent curve: the angle of the mean differs from the mean of the angles.
  tables.calibration[1] = {{1000.0, 2000.0, 3000.0}, {0.0, 1.0, 5.0}};
  const HandModel hand(tables);
  HallArray hall;
  hall.fill(2000.0);
  hall[1] = 1000.0;  // j1_A
  hall[2] = 2500.0;  // j1_B: mean 1750
  JointArray position;
  hand.calibrate(hall, position);
  EXPECT_DOUBLE_EQ(position[0], 0.0);
  EXPECT_DOUBLE_EQ(position[1], 0.75);
  EXPECT_DOUBLE_EQ(position[2], 0.0);
}

TEST(HandModel, ChannelsAfterADoubledOneKeepTheirJoint)
{
  const HandModel hand(hand_tables());
  for (std::size_t joint = 0; joint < kJoints; ++joint) {
    JointArray wanted{};
    wanted[joint] = 0.4;
    HallArray hall;
    hand.uncalibrate(wanted, hall);
    JointArray position;
    hand.calibrate(hall, position);
    for (std::size_t j = 0; j < kJoints; ++j) {
      EXPECT_NEAR(position[j], wanted[j], 1e-12) << joint << " " << j;
    }
  }
}

TEST(HandModel, CoupledActuatorsSumTheirJoints)
{
  const HandModel hand(hand_tables());
  JointArray joint;
  for (std::size_t j = 0; j < kJoints; ++j) {
    joint[j] = static_cast<double>(j);
  }
  ActuatorArray actuator;
  hand.actuated(joint, actuator);
  EXPECT_DOUBLE_EQ(actuator[3], 3.0);
  EXPECT_DOUBLE_EQ(actuator[4], 4.0 + 5.0);
  EXPECT_DOUBLE_EQ(actuator[5], 6.0);
  EXPECT_DOUBLE_EQ(actuator[14], 17.0 + 18.0);
  EXPECT_DOUBLE_EQ(actuator[19], 23.0);
}

TEST(HandModel, EffortLoadsBothJointsOfAPairAlike)
{
  const HandModel hand(hand_tables());
  ActuatorArray torque{};
  torque[4] = 0.3;
  JointArray effort;
  effort.fill(7.0);
  hand.joint_effort(torque, effort);
  EXPECT_DOUBLE_EQ(effort[4], 0.3);
  EXPECT_DOUBLE_EQ(effort[5], 0.3);
  EXPECT_DOUBLE_EQ(effort[6], 0.0);
}

// Virtual work: torque . actuated velocity = effort . joint velocity.
TEST(HandModel, EffortIsTheTransposeOfActuation)
{
  const HandModel hand(hand_tables());
  ActuatorArray torque;
  JointArray velocity;
  for (std::size_t a = 0; a < kActuators; ++a) {
    torque[a] = 0.1 * static_cast<double>(a) - 0.7;
  }
  for (std::size_t j = 0; j < kJoints; ++j) {
    velocity[j] = 1.3 - 0.2 * static_cast<double>(j);
  }
  JointArray effort;
  ActuatorArray actuated;
  hand.joint_effort(torque, effort);
  hand.actuated(velocity, actuated);
  double motor = 0.0;
  double joints = 0.0;
  for (std::size_t a = 0; a < kActuators; ++a) {
    motor += torque[a] * actuated[a];
  }
  for (std::size_t j = 0; j < kJoints; ++j) {
    joints += effort[j] * velocity[j];
  }
  EXPECT_NEAR(motor, joints, 1e-12);
}

struct BadTable
{
  const char * culprit;
  std::function<void(HandTables &)> spoil;
};

TEST(HandModel, RefusesBadTablesAndNamesTheCulprit)
{
  const BadTable cases[] = {
    {"joint_names: 23", [](HandTables & t) { t.joint_names.pop_back(); }},
    {"'j0' appears twice", [](HandTables & t) { t.joint_names[1] = "j0"; }},
    {"unknown joint 'jx'", [](HandTables & t) { t.hall_channel_joint[0] = "jx"; }},
    {"no channel for 'j0'", [](HandTables & t) { t.hall_channel_joint[0] = "j2"; }},
    {"more than two channels", [](HandTables & t) { t.hall_channel_joint[0] = "j1"; }},
    {"unknown joint 'jx'", [](HandTables & t) { t.actuator_joint_1[0] = "jx"; }},
    {"'j1' is driven twice", [](HandTables & t) { t.actuator_joint_1[0] = "j1"; }},
    {"no actuator drives 'j5'", [](HandTables & t) { t.actuator_joint_2[4] = ""; }},
    {"'a3'", [](HandTables & t) { t.range_lower[3] = 2.0; }},
    {"target_lower of 'a3'", [](HandTables & t) { t.target_lower[3] = 2.0; }},
    {"target_lower of 'a0'", [](HandTables & t) { t.target_lower[0] = -1.01; }},
    {"target_lower of 'a0'", [](HandTables & t) { t.target_upper[0] = 2.01; }},
    {"kp[2]", [](HandTables & t) { t.kp[2] = 0.0; }},
    {"kd[2]", [](HandTables & t) { t.kd[2] = -0.1; }},
    {"torque_limit: 21", [](HandTables & t) { t.torque_limit.push_back(1.0); }},
    {"hall_min", [](HandTables & t) { t.hall_min = 5000.0; }},
    {"calibration.j7", [](HandTables & t) { t.calibration[7].raw = {1.0}; }},
  };
  for (const BadTable & bad : cases) {
    HandTables tables = hand_tables();
    bad.spoil(tables);
    try {
      const HandModel hand(tables);
      ADD_FAILURE() << "accepted: " << bad.culprit;
    } catch (const std::invalid_argument & error) {
      EXPECT_NE(std::string(error.what()).find(bad.culprit), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace inhand_control
