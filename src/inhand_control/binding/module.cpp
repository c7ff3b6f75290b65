// Python module inhand_control._core: the controller's own classes, batched over NumPy arrays.
// Arrays are C-contiguous with the batch first; the interpreter lock is released while rows run.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "batch_controller.hpp"

namespace nb = nanobind;
using namespace nb::literals;  // NOLINT: the library's own way to name arguments
using namespace inhand_control;  // NOLINT

namespace
{

using DoubleRows = nb::ndarray<const double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using DoubleRowsOut = nb::ndarray<double, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Int64s = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Uint64s = nb::ndarray<const std::uint64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Mask = nb::ndarray<const bool, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<std::uint8_t, nb::numpy, nb::ndim<2>, nb::c_contig>;
using BytesIn = nb::ndarray<const std::uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

void require_length(std::size_t length, std::size_t batch, const char * name)
{
  if (length != batch) {
    throw std::invalid_argument(
            std::string(name) + ": " + std::to_string(length) + " rows; the batch has " +
            std::to_string(batch));
  }
}

template<typename Array>
void require_shape(const Array & array, std::size_t batch, std::size_t width, const char * name)
{
  require_length(array.shape(0), batch, name);
  if (array.shape(1) != width) {
    throw std::invalid_argument(
            std::string(name) + ": rows of " + std::to_string(array.shape(1)) + " values; " +
            std::to_string(width) + " are needed");
  }
}

template<std::size_t N>
void load(const double * row, std::array<double, N> & values) noexcept
{
  std::memcpy(values.data(), row, sizeof(values));
}

template<std::size_t N>
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
        action.data()[row + a], actuated[a], lower.data()[row + a], upper.data()[row + a]);
    }
  }
}

// A view of one of the batch's outputs; it lives as long as the batch.
template<typename T>
nb::ndarray<nb::numpy, T> view(BatchController & batch, std::vector<T> & values)
{
  const std::size_t width = values.size() / batch.size();
  const std::size_t shape[2] = {batch.size(), width};
  return nb::ndarray<nb::numpy, T>(values.data(), 2, shape, nb::find(batch));
}

nb::dict counters(BatchController & batch)
{
  using Array = nb::ndarray<nb::numpy, std::uint64_t, nb::ndim<1>>;
  nb::dict result;
  const auto add = [&](const std::string & name, auto && value) {
      const std::size_t n = batch.size();
      auto * data = new std::uint64_t[n];
      nb::capsule owner(data, [](void * p) noexcept {delete[] static_cast<std::uint64_t *>(p);});
      for (std::size_t b = 0; b < n; ++b) {
        data[b] = value(batch[b].counters());
      }
      result[name.c_str()] = Array(data, {n}, owner);
    };
  const auto add_stream = [&](const std::string & prefix, StreamCounters Counters::* stream) {
      add(prefix + "_accepted", [=](const Counters & c) {return (c.*stream).accepted;});
      add(prefix + "_refused_size", [=](const Counters & c) {return (c.*stream).refused_size;});
      add(prefix + "_refused_nan", [=](const Counters & c) {return (c.*stream).refused_nan;});
      add(prefix + "_refused_range", [=](const Counters & c) {return (c.*stream).refused_range;});
      add(prefix + "_refused_stale", [=](const Counters & c) {return (c.*stream).refused_stale;});
      add(prefix + "_lost", [=](const Counters & c) {return (c.*stream).lost;});
    };
  add("cycles", [](const Counters & c) {return c.cycles;});
  add("holds", [](const Counters & c) {return c.holds;});
  add("zero_torques", [](const Counters & c) {return c.zero_torques;});
  add_stream("sensors", &Counters::sensors);
  add_stream("actions", &Counters::actions);
  return result;
}

Bytes get_state(BatchController & batch)
{
  const std::size_t n = batch.size() * sizeof(ControllerState);
  auto * data = new std::uint8_t[n];
  nb::capsule owner(data, [](void * p) noexcept {delete[] static_cast<std::uint8_t *>(p);});
  for (std::size_t b = 0; b < batch.size(); ++b) {
    std::memcpy(
      data + b * sizeof(ControllerState), &batch[b].state(), sizeof(ControllerState));
  }
  return Bytes(data, {batch.size(), sizeof(ControllerState)}, owner);
}

void set_state(BatchController & batch, BytesIn bytes, Mask mask)
{
  require_shape(bytes, batch.size(), sizeof(ControllerState), "state");
  require_length(mask.shape(0), batch.size(), "mask");
  for (std::size_t b = 0; b < batch.size(); ++b) {
    if (mask.data()[b]) {
      ControllerState state;
      std::memcpy(&state, bytes.data() + b * sizeof(ControllerState), sizeof(ControllerState));
      batch[b].set_state(state);
    }
  }
  batch.refresh(mask.data());
}

template<typename Request>
auto for_rows(Request request)
{
  return [request](BatchController & batch, Mask mask) {
           require_length(mask.shape(0), batch.size(), "mask");
           for (std::size_t b = 0; b < batch.size(); ++b) {
             if (mask.data()[b]) {
               request(batch[b]);
             }
           }
         };
}

void bind_hand(nb::module_ & m)
{
  nb::class_<CalibrationPoints>(m, "CalibrationPoints")
  .def(nb::init<std::vector<double>, std::vector<double>>(), nb::kw_only(), "raw"_a, "angle"_a);

  nb::class_<HandModel>(m, "HandModel")
  .def(
    "__init__",
    [](HandModel * self, std::vector<std::string> joint_names,
    std::vector<std::string> actuator_names, std::vector<std::string> hall_channel_names,
    std::vector<std::string> hall_channel_joint, std::vector<std::string> actuator_joint_1,
    std::vector<std::string> actuator_joint_2, std::vector<double> range_lower,
    std::vector<double> range_upper, std::vector<double> kp, std::vector<double> kd,
    std::vector<double> torque_limit, double hall_min, double hall_max,
    std::vector<CalibrationPoints> calibration) {
      new (self) HandModel(
        HandTables{
          joint_names, actuator_names, hall_channel_names, hall_channel_joint, actuator_joint_1,
          actuator_joint_2, range_lower, range_upper, kp, kd, torque_limit, hall_min, hall_max,
          calibration});
    },
    nb::kw_only(), "joint_names"_a, "actuator_names"_a, "hall_channel_names"_a,
    "hall_channel_joint"_a, "actuator_joint_1"_a, "actuator_joint_2"_a, "range_lower"_a,
    "range_upper"_a, "kp"_a, "kd"_a, "torque_limit"_a, "hall_min"_a, "hall_max"_a, "calibration"_a)
  .def_prop_ro("lower", [](const HandModel & h) {return std::vector<double>(h.lower().begin(), h.lower().end());})
  .def_prop_ro("upper", [](const HandModel & h) {return std::vector<double>(h.upper().begin(), h.upper().end());});

  m.def("calibrate", &calibrate, "hand"_a, "hall"_a, "out"_a);
  m.def("uncalibrate", &uncalibrate, "hand"_a, "joint_position"_a, "out"_a);
  m.def("actuator_position", &actuator_position, "hand"_a, "joint_position"_a, "out"_a);
  m.def(
    "relative_target", &relative_targets, "hand"_a, "action"_a, "joint_position"_a, "lower"_a,
    "upper"_a, "out"_a);
}

void bind_config(nb::module_ & m)
{
  nb::class_<ControllerConfig>(m, "ControllerConfig")
  .def(
    "__init__",
    [](ControllerConfig * self, std::int64_t period_ns, std::int64_t action_timeout_ns,
    std::int64_t sensors_timeout_ns, std::int64_t soft_start_ns, double velocity_filter_s,
    double torque_slew, const std::string & relative_to, const std::string & hold) {
      new (self) ControllerConfig{
        period_ns, action_timeout_ns, sensors_timeout_ns, soft_start_ns, velocity_filter_s,
        torque_slew, relative_to_from_string(relative_to), hold_target_from_string(hold)};
      validate(*self);
    },
    nb::kw_only(), "period_ns"_a, "action_timeout_ns"_a, "sensors_timeout_ns"_a, "soft_start_ns"_a,
    "velocity_filter_s"_a, "torque_slew"_a, "relative_to"_a, "hold"_a)
  .def_ro("period_ns", &ControllerConfig::period_ns)
  .def_ro("action_timeout_ns", &ControllerConfig::action_timeout_ns)
  .def_ro("sensors_timeout_ns", &ControllerConfig::sensors_timeout_ns)
  .def_ro("soft_start_ns", &ControllerConfig::soft_start_ns);
}

void bind_batch(nb::module_ & m)
{
  nb::class_<BatchController>(m, "BatchController")
  .def(
    "__init__",
    [](BatchController * self, const HandModel & hand, const ControllerConfig & config,
    std::size_t batch) {
      if (batch == 0) {
        throw std::invalid_argument("batch must be 1 or more");
      }
      new (self) BatchController(hand, config, batch);
    },
    "hand"_a, "config"_a, "batch"_a)
  .def("enable", for_rows([](Controller & c) {c.enable();}))
  .def("disable", for_rows([](Controller & c) {c.disable();}))
  .def("stop", for_rows([](Controller & c) {c.stop();}))
  .def("clear", for_rows([](Controller & c) {c.clear();}))
  .def(
    "offer_sensors",
    [](BatchController & self, Int64s now, Int64s stamp, Uint64s sequence, DoubleRows hall,
    Mask mask) {
      require_length(now.shape(0), self.size(), "now_ns");
      require_length(stamp.shape(0), self.size(), "stamp_ns");
      require_length(sequence.shape(0), self.size(), "sequence");
      require_length(hall.shape(0), self.size(), "hall");
      require_length(mask.shape(0), self.size(), "mask");
      nb::gil_scoped_release release;
      self.offer_sensors(
        now.data(), stamp.data(), sequence.data(), {hall.data(), hall.shape(1)}, mask.data());
    })
  .def(
    "offer_action",
    [](BatchController & self, Int64s now, Uint64s sequence, DoubleRows action, Mask mask) {
      require_length(now.shape(0), self.size(), "now_ns");
      require_length(sequence.shape(0), self.size(), "sequence");
      require_length(action.shape(0), self.size(), "action");
      require_length(mask.shape(0), self.size(), "mask");
      nb::gil_scoped_release release;
      self.offer_action(
        now.data(), sequence.data(), {action.data(), action.shape(1)}, mask.data());
    })
  .def(
    "step",
    [](BatchController & self, Int64s now, Mask mask) {
      require_length(now.shape(0), self.size(), "now_ns");
      require_length(mask.shape(0), self.size(), "mask");
      nb::gil_scoped_release release;
      self.step(now.data(), mask.data());
    })
  .def(
    "reset",
    [](BatchController & self, Mask mask) {
      require_length(mask.shape(0), self.size(), "mask");
      self.reset(mask.data());
    })
  .def("counters", &counters)
  .def("get_state", &get_state)
  .def("set_state", &set_state)
  .def_prop_ro("torque", [](BatchController & b) {return view(b, b.torque);})
  .def_prop_ro("target", [](BatchController & b) {return view(b, b.target);})
  .def_prop_ro("position", [](BatchController & b) {return view(b, b.position);})
  .def_prop_ro("velocity", [](BatchController & b) {return view(b, b.velocity);})
  .def_prop_ro("effort", [](BatchController & b) {return view(b, b.effort);})
  .def_prop_ro("mode", [](BatchController & b) {return view(b, b.mode);});
}

}  // namespace

NB_MODULE(_core, m)
{
  m.attr("JOINTS") = kJoints;
  m.attr("ACTUATORS") = kActuators;
  m.attr("HALL_CHANNELS") = kHallChannels;
  bind_hand(m);
  bind_config(m);
  bind_batch(m);
}
