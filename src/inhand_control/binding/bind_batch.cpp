// The controller's parameters and B controllers at once.
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstring>

#include "arrays.hpp"
#include "batch_controller.hpp"

namespace inhand_control::binding
{

using namespace nb::literals;  // NOLINT: the library's own way to name arguments

namespace
{

// A view of one of the batch's outputs; it lives as long as the batch.
template <typename T>
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
    nb::capsule owner(data, [](void * p) noexcept { delete[] static_cast<std::uint64_t *>(p); });
    for (std::size_t b = 0; b < n; ++b) {
      data[b] = value(batch[b].counters());
    }
    result[name.c_str()] = Array(data, {n}, owner);
  };
  const auto add_stream = [&](const std::string & prefix, StreamCounters Counters::* stream) {
    add(prefix + "_accepted", [=](const Counters & c) { return (c.*stream).accepted; });
    add(prefix + "_refused_size", [=](const Counters & c) { return (c.*stream).refused_size; });
    add(prefix + "_refused_nan", [=](const Counters & c) { return (c.*stream).refused_nan; });
    add(prefix + "_refused_range", [=](const Counters & c) { return (c.*stream).refused_range; });
    add(prefix + "_refused_stale", [=](const Counters & c) { return (c.*stream).refused_stale; });
    add(prefix + "_refused_age", [=](const Counters & c) { return (c.*stream).refused_age; });
    add(prefix + "_refused_doubt", [=](const Counters & c) { return (c.*stream).refused_doubt; });
    add(prefix + "_lost", [=](const Counters & c) { return (c.*stream).lost; });
  };
  add("cycles", [](const Counters & c) { return c.cycles; });
  add("holds", [](const Counters & c) { return c.holds; });
  add("zero_torques", [](const Counters & c) { return c.zero_torques; });
  add_stream("sensors", &Counters::sensors);
  add_stream("actions", &Counters::actions);
  return result;
}

Bytes get_state(BatchController & batch)
{
  const std::size_t n = batch.size() * sizeof(ControllerState);
  auto * data = new std::uint8_t[n];
  nb::capsule owner(data, [](void * p) noexcept { delete[] static_cast<std::uint8_t *>(p); });
  for (std::size_t b = 0; b < batch.size(); ++b) {
    std::memcpy(data + b * sizeof(ControllerState), &batch[b].state(), sizeof(ControllerState));
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

template <typename Request>
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

void bind_config(nb::module_ & m)
{
  nb::class_<ControllerConfig>(m, "ControllerConfig")
    .def(
      "__init__",
      [](
        ControllerConfig * self, std::int64_t period_ns, std::int64_t action_timeout_ns,
        std::int64_t sensors_timeout_ns, std::int64_t soft_start_ns, double velocity_filter_s,
        double torque_slew, double hall_margin, double hall_disagreement, double max_joint_speed,
        double stuck_torque, std::int64_t stuck_ns, std::int64_t settle_ns,
        const std::string & relative_to, const std::string & hold, const std::string & limits) {
        new (self) ControllerConfig{
          period_ns,
          action_timeout_ns,
          sensors_timeout_ns,
          soft_start_ns,
          velocity_filter_s,
          torque_slew,
          hall_margin,
          hall_disagreement,
          max_joint_speed,
          stuck_torque,
          stuck_ns,
          settle_ns,
          relative_to_from_string(relative_to),
          hold_target_from_string(hold),
          action_limits_from_string(limits)};
        validate(*self);
      },
      "period_ns"_a, "action_timeout_ns"_a, "sensors_timeout_ns"_a, "soft_start_ns"_a,
      "velocity_filter_s"_a, "torque_slew"_a, "hall_margin"_a, "hall_disagreement"_a,
      "max_joint_speed"_a, "stuck_torque"_a, "stuck_ns"_a, "settle_ns"_a, "relative_to"_a, "hold"_a,
      "limits"_a)
    .def_ro("period_ns", &ControllerConfig::period_ns)
    .def_ro("action_timeout_ns", &ControllerConfig::action_timeout_ns)
    .def_ro("sensors_timeout_ns", &ControllerConfig::sensors_timeout_ns)
    .def_ro("soft_start_ns", &ControllerConfig::soft_start_ns);
}

}  // namespace

void bind_batch(nb::module_ & m)
{
  bind_config(m);

  nb::class_<BatchController>(m, "BatchController")
    .def(
      "__init__",
      [](
        BatchController * self, const HandModel & hand, const ControllerConfig & config,
        std::size_t batch) {
        if (batch == 0) {
          throw std::invalid_argument("batch must be 1 or more");
        }
        new (self) BatchController(hand, config, batch);
      },
      "hand"_a, "config"_a, "batch"_a)
    .def("enable", for_rows([](Controller & c) { c.enable(); }))
    .def("disable", for_rows([](Controller & c) { c.disable(); }))
    .def("stop", for_rows([](Controller & c) { c.stop(); }))
    .def("clear", for_rows([](Controller & c) { c.clear(); }))
    .def(
      "offer_sensors",
      [](
        BatchController & self, Int64s now, Int64s stamp, Uint64s sequence, Uint64s start,
        DoubleRows hall, Mask mask) {
        require_length(now.shape(0), self.size(), "now_ns");
        require_length(stamp.shape(0), self.size(), "stamp_ns");
        require_length(sequence.shape(0), self.size(), "sequence");
        require_length(start.shape(0), self.size(), "start");
        require_length(hall.shape(0), self.size(), "hall");
        require_length(mask.shape(0), self.size(), "mask");
        nb::gil_scoped_release release;
        self.offer_sensors(
          now.data(), stamp.data(), sequence.data(), start.data(), {hall.data(), hall.shape(1)},
          mask.data());
      })
    .def(
      "offer_action",
      [](
        BatchController & self, Int64s now, Int64s stamp, Uint64s sequence, DoubleRows action,
        Mask mask) {
        require_length(now.shape(0), self.size(), "now_ns");
        require_length(stamp.shape(0), self.size(), "stamp_ns");
        require_length(sequence.shape(0), self.size(), "sequence");
        require_length(action.shape(0), self.size(), "action");
        require_length(mask.shape(0), self.size(), "mask");
        nb::gil_scoped_release release;
        self.offer_action(
          now.data(), stamp.data(), sequence.data(), {action.data(), action.shape(1)}, mask.data());
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
    .def_prop_ro("torque", [](BatchController & b) { return view(b, b.torque); })
    .def_prop_ro("target", [](BatchController & b) { return view(b, b.target); })
    .def_prop_ro("position", [](BatchController & b) { return view(b, b.position); })
    .def_prop_ro("velocity", [](BatchController & b) { return view(b, b.velocity); })
    .def_prop_ro("effort", [](BatchController & b) { return view(b, b.effort); })
    .def_prop_ro("mode", [](BatchController & b) { return view(b, b.mode); });
}

}  // namespace inhand_control::binding
