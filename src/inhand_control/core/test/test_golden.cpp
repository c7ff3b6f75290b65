// Replays the golden trace bit for bit; the Python tests read the same file. For its format see
// test/golden.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "inhand_control/controller.hpp"

namespace inhand_control
{
namespace
{

using Words = std::vector<std::string>;

std::vector<Words> read_lines(const std::string & path)
{
  std::ifstream file(path);
  std::vector<Words> lines;
  std::string line;
  while (std::getline(file, line)) {
    std::stringstream stream(line);
    Words words;
    std::string word;
    while (std::getline(stream, word, ',')) {
      words.push_back(word);
    }
    words.resize(std::max<std::size_t>(words.size(), 1));
    lines.push_back(words);
  }
  return lines;
}

double number(const std::string & word) { return std::strtod(word.c_str(), nullptr); }
std::int64_t integer(const std::string & word) { return std::stoll(word); }

std::vector<double> numbers(const Words & words, std::size_t from)
{
  std::vector<double> values;
  std::transform(
    words.begin() + static_cast<std::ptrdiff_t>(from), words.end(), std::back_inserter(values),
    number);
  return values;
}

class Golden : public ::testing::Test
{
protected:
  void read(const std::vector<Words> & lines)
  {
    for (const Words & words : lines) {
      if (words[0] == "parameter") {
        parameters_[words[1]] = words[2];
      } else if (words[0] == "table") {
        names_[words[1]] = Words(words.begin() + 2, words.end());
        values_[words[1]] = numbers(words, 2);
      } else if (words[0] == "calibration") {
        CalibrationPoints points;
        const std::vector<double> pairs = numbers(words, 2);
        for (std::size_t i = 0; i < pairs.size(); i += 2) {
          points.raw.push_back(pairs[i]);
          points.angle.push_back(pairs[i + 1]);
        }
        calibration_.push_back(points);
      }
    }
  }

  HandTables tables()
  {
    names_["actuator_joint_2"].resize(kActuators);  // a last empty word is not in the line
    return {
      names_["joint_names"],
      names_["actuator_names"],
      names_["hall_channel_names"],
      names_["hall_channel_joint"],
      names_["actuator_joint_1"],
      names_["actuator_joint_2"],
      values_["range_lower"],
      values_["range_upper"],
      values_["target_lower"],
      values_["target_upper"],
      values_["kp"],
      values_["kd"],
      values_["torque_limit"],
      values_["hall_min"].at(0),
      values_["hall_max"].at(0),
      calibration_};
  }

  ControllerConfig config()
  {
    const auto ns = [this](const char * name) {
      return static_cast<std::int64_t>(number(parameters_.at(name)) * 1e9 + 0.5);
    };
    return {
      ns("period_s"),
      ns("action_timeout_s"),
      ns("sensors_timeout_s"),
      ns("soft_start_s"),
      number(parameters_.at("velocity_filter_s")),
      number(parameters_.at("torque_slew")),
      number(parameters_.at("hall_margin")),
      number(parameters_.at("hall_disagreement")),
      number(parameters_.at("max_joint_speed")),
      number(parameters_.at("stuck_torque")),
      ns("stuck_s"),
      ns("settle_s"),
      relative_to_from_string(parameters_.at("relative_to")),
      hold_target_from_string(parameters_.at("hold")),
      action_limits_from_string(parameters_.at("limits"))};
  }

  std::map<std::string, std::string> parameters_;
  std::map<std::string, Words> names_;
  std::map<std::string, std::vector<double>> values_;
  std::vector<CalibrationPoints> calibration_;
};

void play(const Words & words, Controller & controller)
{
  if (words[0] == "enable") {
    controller.enable();
  } else if (words[0] == "stop") {
    controller.stop();
  } else if (words[0] == "clear") {
    controller.clear();
  } else if (words[0] == "sensors") {
    SensorSample sample{};
    sample.stamp_ns = integer(words[2]);
    sample.sequence = static_cast<std::uint64_t>(integer(words[3]));
    const auto hall = numbers(words, 4);
    sample.size = hall.size();
    std::copy_n(hall.begin(), std::min(hall.size(), kHallChannels), sample.hall.begin());
    controller.offer_sensors(integer(words[1]), sample);
  } else if (words[0] == "action") {
    ActionSample sample{};
    sample.stamp_ns = integer(words[1]);
    sample.sequence = static_cast<std::uint64_t>(integer(words[2]));
    const auto action = numbers(words, 3);
    sample.size = action.size();
    std::copy_n(action.begin(), std::min(action.size(), kActuators), sample.action.begin());
    controller.offer_action(integer(words[1]), sample);
  }
}

TEST_F(Golden, EveryTorqueIsTheSameBits)
{
  const auto lines = read_lines(INHAND_CONTROL_GOLDEN);
  ASSERT_FALSE(lines.empty()) << INHAND_CONTROL_GOLDEN;
  read(lines);
  Controller controller(HandModel(tables()), config());
  ControllerOutput output{};
  std::size_t steps = 0;
  for (const Words & words : lines) {
    if (words[0] != "step") {
      play(words, controller);
      continue;
    }
    controller.step(integer(words[1]), output);
    ASSERT_EQ(static_cast<int>(output.mode), integer(words[2])) << "step " << steps;
    const auto torque = numbers(words, 3);
    ASSERT_EQ(torque.size(), kActuators);
    for (std::size_t a = 0; a < kActuators; ++a) {
      ASSERT_EQ(output.torque[a], torque[a]) << "step " << steps << ", actuator " << a;
    }
    ++steps;
  }
  EXPECT_EQ(steps, 96u);
  EXPECT_EQ(controller.counters().sensors.refused_nan, 1u);
  EXPECT_EQ(controller.counters().actions.refused_range, 1u);
}

}  // namespace
}  // namespace inhand_control
