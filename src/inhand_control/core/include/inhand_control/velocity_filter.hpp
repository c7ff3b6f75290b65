// Joint velocity from successive positions.
#pragma once

#include <cstdint>

#include "inhand_control/types.hpp"

namespace inhand_control
{

// First-order low pass of the backward difference, discretised by backward Euler:
//     v_k = (T v_{k-1} + q_k - q_{k-1}) / (T + dt)
// so a ramp of any length is followed without bias and T = 0 is the plain difference.
struct VelocityState
{
  bool primed;  // false: the next position only sets the starting point
  std::int64_t stamp_ns;
  JointArray position;
  JointArray velocity;
};

// time_constant in s. A stamp that does not rise, or rises by more than max_gap_ns, restarts the
// estimate from zero: a difference over such a gap says nothing.
void update_velocity(
  const JointArray & position, std::int64_t stamp_ns, double time_constant, std::int64_t max_gap_ns,
  VelocityState & state) noexcept;

}  // namespace inhand_control
