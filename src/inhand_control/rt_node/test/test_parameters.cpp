#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "../parameters.hpp"
#include "hand.hpp"

namespace inhand_control::node
{
namespace
{

ParameterMap parameters()
{
  const HandTables hand = test::hand_tables();
  ParameterMap map{
    {"hand.joint_names", hand.joint_names},
    {"hand.actuator_names", hand.actuator_names},
    {"hand.hall_channel_names", hand.hall_channel_names},
    {"hand.hall_channel_joint", hand.hall_channel_joint},
    {"hand.actuator_joint_1", hand.actuator_joint_1},
    {"hand.actuator_joint_2", hand.actuator_joint_2},
    {"hand.range_lower", hand.range_lower},
    {"hand.range_upper", hand.range_upper},
    {"hand.target_lower", hand.target_lower},
    {"hand.target_upper", hand.target_upper},
    {"hand.kp", hand.kp},
    {"hand.kd", hand.kd},
    {"hand.torque_limit", hand.torque_limit},
    {"hand.hall_min", std::int64_t{0}},
    {"hand.hall_max", 4095.0},
    {"control.period_s", 0.005},
    {"control.action_timeout_s", 0.25},
    {"control.sensors_timeout_s", 0.02},
    {"control.soft_start_s", 0.25},
    {"control.velocity_filter_s", 0.01},
    {"control.torque_slew", std::int64_t{100}},
    {"control.hall_margin", 0.15},
    {"control.hall_disagreement", 0.25},
    {"control.max_joint_speed", std::int64_t{30}},
    {"control.stuck_torque", 0.3},
    {"control.stuck_s", 0.1},
    {"control.settle_s", 0.1},
    {"claim", std::string()},
    {"state_folder", std::string()},
    {"control.relative_to", std::string("joint_position")},
    {"control.hold", std::string("measured_position")},
    {"control.limits", std::string("targets")},
    {"rt.priority", std::int64_t{50}},
    {"rt.io_priority", std::int64_t{20}},
    {"rt.cpu", std::int64_t{-1}},
    {"rt.lock_memory", true},
    {"auto_enable", false},
    {"lockstep", false},
    {"action_period_s", 0.08},
    {"silence_s", 3.0},
    {"status_period_s", 0.1},
    {"diagnostics_period_s", std::int64_t{1}},
  };
  for (std::size_t j = 0; j < kJoints; ++j) {
    const std::string prefix = "hand.calibration." + hand.joint_names[j];
    map[prefix + ".raw"] = std::vector<std::int64_t>{1000, 2000, 3000};
    map[prefix + ".angle"] = hand.calibration[j].angle;
  }
  return map;
}

std::string message_of(const ParameterMap & map)
{
  try {
    parse_parameters(map);
  } catch (const std::invalid_argument & error) {
    return error.what();
  }
  return "accepted";
}

TEST(NamesNode, MatchesAsRosDoes)
{
  EXPECT_TRUE(names_node("/**", "/controller"));
  EXPECT_TRUE(names_node("/**", "/left/controller"));
  EXPECT_TRUE(names_node("/controller", "/controller"));
  EXPECT_TRUE(names_node("controller", "/controller"));
  EXPECT_TRUE(names_node("/*", "/controller"));
  EXPECT_TRUE(names_node("/**/controller", "/left/hand/controller"));
  EXPECT_TRUE(names_node("/**/controller", "/controller"));
  EXPECT_FALSE(names_node("/*", "/left/controller"));
  EXPECT_FALSE(names_node("/policy", "/controller"));
  EXPECT_FALSE(names_node("/**/policy", "/left/controller"));
  EXPECT_FALSE(names_node("/left/controller", "/controller"));
}

TEST(ParseParameters, TakesEveryValue)
{
  const NodeParameters parsed = parse_parameters(parameters());
  EXPECT_EQ(parsed.control.period_ns, 5'000'000);
  EXPECT_EQ(parsed.control.action_timeout_ns, 250'000'000);
  EXPECT_EQ(parsed.control.torque_slew, 100.0);
  EXPECT_EQ(parsed.action_period_ns, 80'000'000);
  EXPECT_EQ(parsed.diagnostics_period_ns, 1'000'000'000);
  EXPECT_EQ(parsed.rt.cpu, -1);
  EXPECT_EQ(parsed.hand.calibration[23].raw, (std::vector<double>{1000.0, 2000.0, 3000.0}));
}

TEST(ParseParameters, NamesEveryMissingAndUnknownOne)
{
  ParameterMap map = parameters();
  map.erase("lockstep");
  map.erase("hand.kp");
  map["lock_step"] = true;
  map["use_sim_time"] = true;
  const std::string message = message_of(map);
  EXPECT_NE(message.find("missing parameters: hand.kp lockstep"), std::string::npos) << message;
  EXPECT_NE(message.find("unknown parameters: lock_step;"), std::string::npos) << message;
  EXPECT_GT(message.find("use_sim_time"), message.find("known: ")) << message;
}

TEST(ParseParameters, NamesWhatHasTheWrongTypeOrValue)
{
  const std::pair<std::string, ParameterValue> bad[] = {
    {"lockstep", std::string("yes")},
    {"hand.kp", 1.0},
    {"rt.priority", std::int64_t{0}},
    {"rt.priority", std::int64_t{100}},
    {"rt.io_priority", std::int64_t{50}},
    {"rt.cpu", std::int64_t{-2}},
    {"control.hold", std::string("grip")},
    {"control.hall_margin", -0.1},
    {"control.hall_disagreement", 0.0},
    {"control.max_joint_speed", std::int64_t{0}},
    {"control.stuck_torque", 3.0},
    {"control.stuck_s", 0.001},
    {"control.settle_s", -0.1},
    {"claim", 1.0},
    {"state_folder", false},
    {"control.relative_to", std::string("nothing")},
    {"control.period_s", 0.0},
    {"control.torque_slew", -1.0},
    {"action_period_s", 0.0},
  };
  for (const auto & [name, value] : bad) {
    ParameterMap map = parameters();
    map[name] = value;
    EXPECT_NE(message_of(map).find(name.substr(name.find('.') + 1)), std::string::npos)
      << name << ": " << message_of(map);
  }
}

}  // namespace
}  // namespace inhand_control::node
