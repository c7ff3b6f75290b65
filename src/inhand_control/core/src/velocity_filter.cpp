#include "inhand_control/velocity_filter.hpp"

namespace inhand_control
{

void update_velocity(
  const JointArray & position, std::int64_t stamp_ns, double time_constant, std::int64_t max_gap_ns,
  VelocityState & state) noexcept
{
  const std::int64_t gap_ns = stamp_ns - state.stamp_ns;
  if (state.primed && gap_ns > 0 && gap_ns <= max_gap_ns) {
    const double dt = static_cast<double>(gap_ns) * 1e-9;
    for (std::size_t j = 0; j < kJoints; ++j) {
      const double moved = position[j] - state.position[j];
      state.velocity[j] = (time_constant * state.velocity[j] + moved) / (time_constant + dt);
    }
  } else {
    state.velocity.fill(0.0);
  }
  state.primed = true;
  state.stamp_ns = stamp_ns;
  state.position = position;
}

}  // namespace inhand_control
