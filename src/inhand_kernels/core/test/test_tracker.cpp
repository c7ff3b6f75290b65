// The tracker's rows: what is seen, what is held, what is refused; a row alone and in a batch.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <stdexcept>
#include <vector>

#include "inhand_kernels/tracker.hpp"

namespace
{

using inhand_kernels::kTips;
using inhand_kernels::MarkedBody;
using inhand_kernels::MarkerModel;
using inhand_kernels::Tracker;
using inhand_kernels::TrackerRows;

constexpr std::size_t kMarkers = 13;  // 5 fingertips, 4 on the hand, 4 on the object
constexpr double kStep = 1.0 / 240.0;

// Four markers, of which three or more fix a rotation.
MarkedBody body(std::size_t first)
{
  std::vector<bool> well_posed(16);
  for (std::size_t subset = 0; subset < 16; ++subset) {
    well_posed[subset] = __builtin_popcountll(subset) >= 3;
  }
  return {
    first,
    {0.03, 0.075, 0.06, -0.03, 0.075, 0.07, 0.025, 0.085, 0.14, -0.035, 0.07, 0.15},
    well_posed};
}

MarkerModel model() { return {kMarkers, 0, body(5), body(9), 0.01}; }

// Arrays of B rows, as a caller holds them; nothing was ever seen.
struct State
{
  explicit State(std::size_t batch)
  : places(batch * 6), turns(batch * 8), ages(batch * 7), tips(batch * 15), flags(batch * 14)
  {
    for (std::size_t row = 0; row < 2 * batch; ++row) {
      turns[4 * row + 3] = 1.0;
    }
    const std::size_t n = batch;
    bool * f = reinterpret_cast<bool *>(flags.data());
    view = {
      {places.data(), turns.data(), f, f + n, ages.data()},
      {places.data() + 3 * n, turns.data() + 4 * n, f + 2 * n, f + 3 * n, ages.data() + n},
      tips.data(),
      f + 4 * n,
      f + 9 * n,
      ages.data() + 2 * n};
  }

  std::vector<double> places, turns, ages, tips;
  std::vector<unsigned char> flags;
  TrackerRows view;
};

// Frames of the bodies where the model has them, the fingertips anywhere, all with noise.
std::vector<double> frames(std::size_t batch, std::mt19937 & generator)
{
  std::normal_distribution<double> normal;
  std::vector<double> position(batch * kMarkers * 3);
  const MarkedBody one = body(0);
  for (std::size_t row = 0; row < batch; ++row) {
    double * p = position.data() + row * kMarkers * 3;
    for (std::size_t i = 0; i < 15; ++i) {
      p[i] = 0.1 * normal(generator);
    }
    for (std::size_t i = 0; i < 24; ++i) {
      p[15 + i] = one.positions[i % 12] + 3e-4 * normal(generator);
    }
  }
  return position;
}

TEST(Tracker, ARowAloneEqualsTheRowInABatch)
{
  constexpr std::size_t kRows = 9;
  const Tracker tracker(model());
  std::mt19937 generator(3);
  std::uniform_real_distribution<double> uniform(-0.5, 1.0);
  State together(kRows);
  std::vector<State> alone;
  for (std::size_t row = 0; row < kRows; ++row) {
    alone.emplace_back(1);
  }
  for (int frame = 0; frame < 20; ++frame) {
    const std::vector<double> position = frames(kRows, generator);
    std::vector<double> condition(kRows * kMarkers);
    for (double & value : condition) {
      value = uniform(generator);
    }
    const TrackerRows whole = together.view;
    tracker.step(kRows, position.data(), condition.data(), kStep, whole);
    for (std::size_t row = 0; row < kRows; ++row) {
      const TrackerRows one = alone[row].view;
      tracker.step(
        1, position.data() + 3 * kMarkers * row, condition.data() + kMarkers * row, kStep, one);
      EXPECT_EQ(std::memcmp(one.object.position, whole.object.position + 3 * row, 24), 0);
      EXPECT_EQ(std::memcmp(one.object.orientation, whole.object.orientation + 4 * row, 32), 0);
      EXPECT_EQ(std::memcmp(one.object.age, whole.object.age + row, 8), 0);
      EXPECT_EQ(std::memcmp(one.tips, whole.tips + 15 * row, 120), 0);
      EXPECT_EQ(std::memcmp(one.tip_valid, whole.tip_valid + kTips * row, kTips), 0);
    }
  }
}

TEST(Tracker, WhatIsNotFiniteIsNotSeen)
{
  const Tracker tracker(model());
  std::mt19937 generator(4);
  State state(1);
  const TrackerRows rows = state.view;
  const std::vector<double> condition(kMarkers, 1.0);
  std::vector<double> position = frames(1, generator);
  tracker.step(1, position.data(), condition.data(), kStep, rows);
  EXPECT_TRUE(rows.hand.valid[0] && rows.object.valid[0] && rows.tip_valid[2]);
  const double held = rows.tips[6];
  position[6] = std::numeric_limits<double>::quiet_NaN();      // fingertip 2
  position[3 * 6] = std::numeric_limits<double>::infinity();   // one of the hand's
  position[3 * 9] = std::numeric_limits<double>::quiet_NaN();  // two of the object's
  position[3 * 10] = std::numeric_limits<double>::quiet_NaN();
  tracker.step(1, position.data(), condition.data(), kStep, rows);
  EXPECT_TRUE(rows.hand.valid[0]);
  EXPECT_FALSE(rows.object.valid[0] || rows.tip_valid[2]);
  EXPECT_EQ(rows.tips[6], held);
  EXPECT_EQ(rows.tip_age[2], kStep);
  EXPECT_EQ(rows.object.age[0], kStep);
  for (std::size_t i = 0; i < 15; ++i) {
    EXPECT_TRUE(std::isfinite(rows.tips[i]));
  }
}

TEST(Tracker, RefusesTablesThatDoNotFit)
{
  MarkerModel few = model();
  few.markers = 12;
  EXPECT_THROW(Tracker{few}, std::invalid_argument);
  MarkerModel subsets = model();
  subsets.object.well_posed.pop_back();
  EXPECT_THROW(Tracker{subsets}, std::invalid_argument);
  MarkerModel none = model();
  none.hand.positions.clear();
  EXPECT_THROW(Tracker{none}, std::invalid_argument);
}

}  // namespace
