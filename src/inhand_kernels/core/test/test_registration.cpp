// Registration of points that are known exactly, and of points that fix nothing.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "inhand_kernels/registration.hpp"

namespace
{

using inhand_kernels::register_points;

// The corners of a cube [m].
std::vector<double> cube()
{
  std::vector<double> points;
  for (int i = 0; i < 8; ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      points.push_back((i >> axis & 1) ? 0.024 : -0.024);
    }
  }
  return points;
}

struct Pose
{
  Eigen::Quaterniond turn;
  Eigen::Vector3d shift;
};

Pose random_pose(std::mt19937 & generator)
{
  std::normal_distribution<double> normal;
  const auto draw = [&] { return normal(generator); };
  const Eigen::Vector4d q(draw(), draw(), draw(), draw());
  return {Eigen::Quaterniond(q.normalized()), {draw(), draw(), draw()}};
}

std::vector<double> moved(const std::vector<double> & points, const Pose & pose)
{
  std::vector<double> seen(points.size());
  for (std::size_t i = 0; i < points.size(); i += 3) {
    Eigen::Map<Eigen::Vector3d>(seen.data() + i) =
      pose.turn * Eigen::Map<const Eigen::Vector3d>(points.data() + i) + pose.shift;
  }
  return seen;
}

TEST(Registration, FindsExactPosesFromAnyThreeCorners)
{
  const std::vector<double> points = cube();
  std::mt19937 generator(1);
  for (int trial = 0; trial < 200; ++trial) {
    const Pose pose = random_pose(generator);
    const std::vector<double> seen = moved(points, pose);
    std::vector<double> weight(8, 0.0);
    weight[0] = weight[3] = weight[5] = 1.0;  // three corners, no two on an edge
    const auto found = register_points(points.data(), seen.data(), weight.data(), 8);
    EXPECT_LT(found.rotation.angularDistance(pose.turn), 1e-7);
    EXPECT_LT((found.position - pose.shift).norm(), 1e-12);
    EXPECT_LT(found.residual, 1e-8);
    EXPECT_GE(found.rotation.w(), 0.0);
  }
}

TEST(Registration, LeavesOutWhatHasNoWeightEvenIfItIsNotANumber)
{
  const std::vector<double> points = cube();
  std::mt19937 generator(2);
  const Pose pose = random_pose(generator);
  std::vector<double> seen = moved(points, pose);
  std::vector<double> weight(8, 1.0);
  weight[4] = 0.0;
  seen[12] = std::numeric_limits<double>::quiet_NaN();
  const auto found = register_points(points.data(), seen.data(), weight.data(), 8);
  EXPECT_LT((found.position - pose.shift).norm(), 1e-12);
}

TEST(Registration, SaysThatWhatIsNotFiniteCannotBeTrusted)
{
  const std::vector<double> points = cube();
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300}) {
    std::vector<double> seen = points;
    seen[5] = bad;
    const std::vector<double> weight(8, 1.0);
    const auto found = register_points(points.data(), seen.data(), weight.data(), 8);
    EXPECT_FALSE(found.residual <= 0.01) << bad;
  }
}

TEST(Registration, GivesFiniteValuesWherePointsFixNothing)
{
  const std::vector<double> points = cube(), one_place(24, 0.1);
  for (const double weight : {0.0, 1.0}) {
    const std::vector<double> weights(8, weight);
    const auto found = register_points(points.data(), one_place.data(), weights.data(), 8);
    EXPECT_TRUE(found.rotation.coeffs().allFinite());
    EXPECT_TRUE(found.position.allFinite());
    EXPECT_TRUE(std::isfinite(found.residual));
  }
}

}  // namespace
