#include <gtest/gtest.h>

#include <cmath>

#include "hand.hpp"
#include "inhand_control/velocity_filter.hpp"

namespace inhand_control
{
namespace
{

using test::kMs;

JointArray all(double value)
{
  JointArray joints;
  joints.fill(value);
  return joints;
}

TEST(VelocityFilter, WithoutTimeConstantIsThePlainDifference)
{
  VelocityState state{};
  update_velocity(all(0.1), 0, 0.0, 20 * kMs, state);
  EXPECT_EQ(state.velocity[0], 0.0);
  update_velocity(all(0.2), 5 * kMs, 0.0, 20 * kMs, state);
  EXPECT_NEAR(state.velocity[0], 20.0, 1e-9);
  update_velocity(all(0.2), 10 * kMs, 0.0, 20 * kMs, state);
  EXPECT_EQ(state.velocity[0], 0.0);
}

TEST(VelocityFilter, FollowsARampWithoutBias)
{
  VelocityState state{};
  for (int k = 0; k <= 200; ++k) {
    update_velocity(all(0.003 * k), k * 5 * kMs, 0.01, 20 * kMs, state);
  }
  EXPECT_NEAR(state.velocity[23], 0.6, 1e-12);
}

TEST(VelocityFilter, StepResponseDecaysWithItsTimeConstant)
{
  // After a step, v_k = v_1 (T / (T + dt))^(k - 1): worked by hand for T = 10 ms, dt = 5 ms.
  VelocityState state{};
  update_velocity(all(0.0), 0, 0.01, 20 * kMs, state);
  update_velocity(all(0.15), 5 * kMs, 0.01, 20 * kMs, state);
  EXPECT_NEAR(state.velocity[0], 10.0, 1e-9);
  update_velocity(all(0.15), 10 * kMs, 0.01, 20 * kMs, state);
  EXPECT_NEAR(state.velocity[0], 10.0 * 2.0 / 3.0, 1e-9);
  update_velocity(all(0.15), 15 * kMs, 0.01, 20 * kMs, state);
  EXPECT_NEAR(state.velocity[0], 10.0 * 4.0 / 9.0, 1e-9);
}

TEST(VelocityFilter, RestartsAfterAGapOrAStampThatDoesNotRise)
{
  for (const std::int64_t stamp : {31 * kMs, 10 * kMs, 5 * kMs, std::int64_t{0}}) {
    VelocityState state{};
    update_velocity(all(0.0), 5 * kMs, 0.01, 20 * kMs, state);
    update_velocity(all(0.1), 10 * kMs, 0.01, 20 * kMs, state);
    ASSERT_GT(state.velocity[0], 1.0);
    update_velocity(all(0.5), stamp, 0.01, 20 * kMs, state);
    EXPECT_EQ(state.velocity[0], 0.0) << stamp;
    EXPECT_EQ(state.position[0], 0.5);
  }
}

}  // namespace
}  // namespace inhand_control
