// Boxes that touch and boxes that do not; worlds in a batch.
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "inhand_kernels/occlusion.hpp"

namespace
{

using inhand_kernels::boxes_overlap;
using inhand_kernels::Occlusion;
using inhand_kernels::OcclusionModel;

constexpr double kAligned[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
constexpr double kTurned[9] = {
  0.7071067811865476, -0.7071067811865476, 0, 0.7071067811865476, 0.7071067811865476, 0, 0, 0, 1};

TEST(Boxes, TouchWhereNoAxisSeparatesThem)
{
  const double half[3] = {1.0, 1.0, 1.0};
  const double near[3] = {1.99, 0.0, 0.0}, far[3] = {2.01, 0.0, 0.0}, middle[3] = {2.3, 0.0, 0.0};
  EXPECT_TRUE(boxes_overlap(half, half, near, kAligned));
  EXPECT_FALSE(boxes_overlap(half, half, far, kAligned));
  EXPECT_TRUE(boxes_overlap(half, half, middle, kTurned));  // the corner reaches 1.41
  const double corner[3] = {2.3, 2.3, 0.0};
  EXPECT_FALSE(boxes_overlap(half, half, corner, kTurned));  // by an axis of b
}

TEST(Occlusion, TellsWorldsAndBoxesApart)
{
  // Two boxes and two geoms; the second box is not tested against the first geom.
  const Occlusion occlusion(
    OcclusionModel{
      3, 2, {0, 2}, {0.1, 0.1, 0.1, 0.1, 0.1, 0.1}, {0, 1}, {true, true, false, true}});
  const std::vector<double> sites = {0, 0, 0, 9, 9, 9, 1, 0, 0, 5, 0, 0, 9, 9, 9, 1, 0, 0};
  const std::vector<double> geoms = {1.1, 0, 0, 0.1, 0, 0, 1.1, 0, 0, 1.1, 0, 0};
  std::vector<double> site_matrices, geom_matrices, boxes;
  for (int i = 0; i < 6; ++i) {
    site_matrices.insert(site_matrices.end(), kAligned, kAligned + 9);
  }
  for (int i = 0; i < 4; ++i) {
    geom_matrices.insert(geom_matrices.end(), kAligned, kAligned + 9);
    boxes.insert(boxes.end(), {0, 0, 0, 0.05, 0.05, 0.05});
  }
  const std::vector<double> radius(4, 0.09);
  bool hidden[4] = {};
  occlusion.hidden(
    2,
    {sites.data(), site_matrices.data(), geoms.data(), geom_matrices.data(), boxes.data(),
     radius.data()},
    hidden);
  EXPECT_TRUE(hidden[0]);   // by the second geom
  EXPECT_FALSE(hidden[1]);  // beside the first geom, which does not count
  EXPECT_FALSE(hidden[2]);
  EXPECT_TRUE(hidden[3]);
}

TEST(Occlusion, RefusesTablesThatDoNotFit)
{
  EXPECT_THROW(Occlusion({1, 1, {1}, {1, 1, 1}, {0}, {true}}), std::invalid_argument);
  EXPECT_THROW(Occlusion({1, 1, {0}, {1, 1, 1}, {1}, {true}}), std::invalid_argument);
  EXPECT_THROW(Occlusion({1, 1, {0}, {1, 1}, {0}, {true}}), std::invalid_argument);
  EXPECT_THROW(Occlusion({1, 1, {0}, {1, 1, 1}, {0}, {}}), std::invalid_argument);
}

}  // namespace
