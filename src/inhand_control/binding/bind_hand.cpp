// The hand's tables and the controller's pure functions, over arrays.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <cstring>

#include "arrays.hpp"
#include "inhand_control/hand_model.hpp"

namespace inhand_control::binding
{

using namespace nb::literals;  // NOLINT: the library's own way to name arguments

namespace
{

template <std::size_t N>
void load(const double * row, std::array<double, N> & values) noexcept
{
  std::memcpy(values.data(), row, sizeof(values));
}

template <std::size_t N>
void save(const std::array<double, N> & values, double * row) noexcept
{
  std::memcpy(row, values.data(), sizeof(values));
}

void calibrate(const HandModel & hand, DoubleRows hall, DoubleRowsOut out)
{
  const std::size_t batch = hall.shape(0);
  require_shape(hall, batch, kHallChannels, "hall");
  require_shape(out, batch, kJoints, "out");
  nb::gil_scoped_release release;
  HallArray raw;
  JointArray position;
  for (std::size_t b = 0; b < batch; ++b) {
    load(hall.data() + b * kHallChannels, raw);
    hand.calibrate(raw, position);
    save(position, out.data() + b * kJoints);
  }
}

void uncalibrate(const HandModel & hand, DoubleRows joint, DoubleRowsOut out)
{
  const std::size_t batch = joint.shape(0);
  require_shape(joint, batch, kJoints, "joint_position");
  require_shape(out, batch, kHallChannels, "out");
  nb::gil_scoped_release release;
  JointArray position;
  HallArray raw;
  for (std::size_t b = 0; b < batch; ++b) {
    load(joint.data() + b * kJoints, position);
    hand.uncalibrate(position, raw);
    save(raw, out.data() + b * kHallChannels);
  }
}

void actuator_position(const HandModel & hand, DoubleRows joint, DoubleRowsOut out)
{
  const std::size_t batch = joint.shape(0);
  require_shape(joint, batch, kJoints, "joint_position");
  require_shape(out, batch, kActuators, "out");
  nb::gil_scoped_release release;
  JointArray position;
  ActuatorArray actuated;
  for (std::size_t b = 0; b < batch; ++b) {
    load(joint.data() + b * kJoints, position);
    hand.actuated(position, actuated);
    save(actuated, out.data() + b * kActuators);
  }
}

void relative_targets(
  const HandModel & hand, DoubleRows action, DoubleRows joint, DoubleRows lower, DoubleRows upper,
  DoubleRowsOut out)
{
  const std::size_t batch = action.shape(0);
  require_shape(action, batch, kActuators, "action");
  require_shape(joint, batch, kJoints, "joint_position");
  require_shape(lower, batch, kActuators, "lower");
  require_shape(upper, batch, kActuators, "upper");
  require_shape(out, batch, kActuators, "out");
  nb::gil_scoped_release release;
  JointArray position;
  ActuatorArray actuated;
  for (std::size_t b = 0; b < batch; ++b) {
    load(joint.data() + b * kJoints, position);
    hand.actuated(position, actuated);
    const std::size_t row = b * kActuators;
    for (std::size_t a = 0; a < kActuators; ++a) {
      out.data()[row + a] = relative_target(
        action.data()[row + a], actuated[a], hand.half_range()[a], lower.data()[row + a],
        upper.data()[row + a]);
    }
  }
}

}  // namespace

void bind_hand(nb::module_ & m)
{
  nb::class_<CalibrationPoints>(m, "CalibrationPoints")
    .def(nb::init<std::vector<double>, std::vector<double>>(), "raw"_a, "angle"_a);

  nb::class_<HandModel>(m, "HandModel")
    .def(
      "__init__",
      [](
        HandModel * self, std::vector<std::string> joint_names,
        std::vector<std::string> actuator_names, std::vector<std::string> hall_channel_names,
        std::vector<std::string> hall_channel_joint, std::vector<std::string> actuator_joint_1,
        std::vector<std::string> actuator_joint_2, std::vector<double> range_lower,
        std::vector<double> range_upper, std::vector<double> target_lower,
        std::vector<double> target_upper, std::vector<double> kp, std::vector<double> kd,
        std::vector<double> torque_limit, double hall_min, double hall_max,
        std::vector<CalibrationPoints> calibration) {
        new (self) HandModel(
          HandTables{
            joint_names, actuator_names, hall_channel_names, hall_channel_joint, actuator_joint_1,
            actuator_joint_2, range_lower, range_upper, target_lower, target_upper, kp, kd,
            torque_limit, hall_min, hall_max, calibration});
      },
      "joint_names"_a, "actuator_names"_a, "hall_channel_names"_a, "hall_channel_joint"_a,
      "actuator_joint_1"_a, "actuator_joint_2"_a, "range_lower"_a, "range_upper"_a,
      "target_lower"_a, "target_upper"_a, "kp"_a, "kd"_a, "torque_limit"_a, "hall_min"_a,
      "hall_max"_a, "calibration"_a)
    .def_prop_ro(
      "lower",
      [](const HandModel & h) { return std::vector<double>(h.lower().begin(), h.lower().end()); })
    .def_prop_ro(
      "upper",
      [](const HandModel & h) { return std::vector<double>(h.upper().begin(), h.upper().end()); })
    .def_prop_ro(
      "target_lower",
      [](const HandModel & h) {
        return std::vector<double>(h.target_lower().begin(), h.target_lower().end());
      })
    .def_prop_ro("target_upper", [](const HandModel & h) {
      return std::vector<double>(h.target_upper().begin(), h.target_upper().end());
    });

  m.def("calibrate", &calibrate, "hand"_a, "hall"_a, "out"_a);
  m.def("uncalibrate", &uncalibrate, "hand"_a, "joint_position"_a, "out"_a);
  m.def("actuator_position", &actuator_position, "hand"_a, "joint_position"_a, "out"_a);
  m.def(
    "relative_target", &relative_targets, "hand"_a, "action"_a, "joint_position"_a, "lower"_a,
    "upper"_a, "out"_a);
}

}  // namespace inhand_control::binding
