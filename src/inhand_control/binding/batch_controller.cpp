#include "batch_controller.hpp"

#include <algorithm>

namespace inhand_control
{
namespace
{

// Copies at most N values; the sample keeps the width that came, so that a wrong one is refused.
template <std::size_t N>
void copy_row(Rows rows, std::size_t row, std::array<double, N> & values) noexcept
{
  values.fill(0.0);
  std::copy_n(rows.data + row * rows.width, std::min(rows.width, N), values.begin());
}

template <std::size_t N>
void store_row(
  const std::array<double, N> & values, std::size_t row, std::vector<double> & rows) noexcept
{
  std::copy(values.begin(), values.end(), rows.data() + row * N);
}

}  // namespace

BatchController::BatchController(
  const HandModel & hand, const ControllerConfig & config, std::size_t batch)
: torque(batch * kActuators),
  target(batch * kActuators),
  position(batch * kJoints),
  velocity(batch * kJoints),
  effort(batch * kJoints),
  mode(batch),
  controllers_(batch, Controller(hand, config))
{
}

void BatchController::offer_sensors(
  const std::int64_t * now_ns, const std::int64_t * stamp_ns, const std::uint64_t * sequence,
  const std::uint64_t * start, Rows hall, const bool * mask) noexcept
{
  SensorSample sample{};
  sample.size = hall.width;
  for (std::size_t row = 0; row < size(); ++row) {
    if (mask[row]) {
      sample.stamp_ns = stamp_ns[row];
      sample.sequence = sequence[row];
      sample.start = static_cast<std::uint32_t>(start[row]);
      copy_row(hall, row, sample.hall);
      controllers_[row].offer_sensors(now_ns[row], sample);
    }
  }
}

void BatchController::offer_action(
  const std::int64_t * now_ns, const std::int64_t * stamp_ns, const std::uint64_t * sequence,
  Rows action, const bool * mask) noexcept
{
  ActionSample sample{};
  sample.size = action.width;
  for (std::size_t row = 0; row < size(); ++row) {
    if (mask[row]) {
      sample.stamp_ns = stamp_ns[row];
      sample.sequence = sequence[row];
      copy_row(action, row, sample.action);
      controllers_[row].offer_action(now_ns[row], sample);
    }
  }
}

void BatchController::step(const std::int64_t * now_ns, const bool * mask) noexcept
{
  ControllerOutput output;
  for (std::size_t row = 0; row < size(); ++row) {
    if (mask[row]) {
      controllers_[row].step(now_ns[row], output);
      store(row, output);
    }
  }
}

void BatchController::reset(const bool * mask) noexcept
{
  for (std::size_t row = 0; row < size(); ++row) {
    if (mask[row]) {
      controllers_[row].reset();
    }
  }
  refresh(mask);
}

void BatchController::refresh(const bool * mask) noexcept
{
  ControllerOutput output;
  for (std::size_t row = 0; row < size(); ++row) {
    if (mask[row]) {
      controllers_[row].output(output);
      store(row, output);
    }
  }
}

void BatchController::store(std::size_t row, const ControllerOutput & output) noexcept
{
  store_row(output.torque, row, torque);
  store_row(output.target, row, target);
  store_row(output.position, row, position);
  store_row(output.velocity, row, velocity);
  store_row(output.effort, row, effort);
  mode[row] = static_cast<std::uint8_t>(output.mode);
}

}  // namespace inhand_control
