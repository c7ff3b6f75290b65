#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>

#include "inhand_control/calibration.hpp"

namespace inhand_control
{
namespace
{

std::string message_of(const CalibrationPoints & points)
{
  try {
    CalibrationCurve("rh_FFJ3", points);
  } catch (const std::invalid_argument & error) {
    return error.what();
  }
  return "accepted";
}

TEST(CalibrationCurve, GoesThroughItsPointsAndIsLinearBetween)
{
  const CalibrationCurve curve("j", {{100.0, 200.0, 400.0}, {0.0, 1.0, 2.0}});
  EXPECT_DOUBLE_EQ(curve.angle(100.0), 0.0);
  EXPECT_DOUBLE_EQ(curve.angle(150.0), 0.5);
  EXPECT_DOUBLE_EQ(curve.angle(200.0), 1.0);
  EXPECT_DOUBLE_EQ(curve.angle(300.0), 1.5);
  EXPECT_DOUBLE_EQ(curve.angle(400.0), 2.0);
}

TEST(CalibrationCurve, ExtrapolatesWithTheEndSegments)
{
  const CalibrationCurve curve("j", {{100.0, 200.0, 400.0}, {0.0, 1.0, 2.0}});
  EXPECT_DOUBLE_EQ(curve.angle(0.0), -1.0);
  EXPECT_DOUBLE_EQ(curve.angle(600.0), 3.0);
}

TEST(CalibrationCurve, SortsByRawValue)
{
  const CalibrationCurve sorted("j", {{100.0, 200.0, 400.0}, {0.0, 1.0, 2.0}});
  const CalibrationCurve shuffled("j", {{400.0, 100.0, 200.0}, {2.0, 0.0, 1.0}});
  for (double raw = 0.0; raw < 500.0; raw += 12.5) {
    EXPECT_EQ(sorted.angle(raw), shuffled.angle(raw)) << raw;
  }
}

TEST(CalibrationCurve, AcceptsAFallingCurve)
{
  const CalibrationCurve curve("j", {{100.0, 200.0, 400.0}, {2.0, 1.0, 0.0}});
  EXPECT_DOUBLE_EQ(curve.angle(300.0), 0.5);
  EXPECT_DOUBLE_EQ(curve.angle(600.0), -1.0);
  EXPECT_DOUBLE_EQ(curve.angle(0.0), 3.0);
}

TEST(CalibrationCurve, RawIsTheInverse)
{
  for (const double sign : {1.0, -1.0}) {
    const CalibrationCurve curve(
      "j", {{100.0, 250.0, 400.0, 900.0}, {sign * -1.0, 0.0, sign * 0.3, sign * 2.0}});
    for (double raw = -50.0; raw < 1100.0; raw += 7.3) {
      EXPECT_NEAR(curve.raw(curve.angle(raw)), raw, 1e-9);
    }
  }
}

TEST(CalibrationCurve, TakesThreeToNinePoints)
{
  for (std::size_t n = 1; n <= 11; ++n) {
    CalibrationPoints points;
    for (std::size_t i = 0; i < n; ++i) {
      points.raw.push_back(static_cast<double>(i));
      points.angle.push_back(static_cast<double>(i));
    }
    const bool accepted = message_of(points) == "accepted";
    EXPECT_EQ(accepted, n >= 3 && n <= 9) << n;
  }
}

TEST(CalibrationCurve, RefusesWhatIsNoCurveAndNamesTheJoint)
{
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const CalibrationPoints bad[] = {
    {{1.0, 2.0, 2.0}, {0.0, 1.0, 2.0}},  // a raw value twice
    {{1.0, 2.0, 3.0}, {0.0, 1.0, 0.5}},  // turns back
    {{1.0, 2.0, 3.0}, {0.0, 1.0, 1.0}},  // flat
    {{1.0, 2.0, 3.0}, {0.0, 1.0}},       // lengths differ
    {{1.0, nan, 3.0}, {0.0, 1.0, 2.0}},
  };
  for (const auto & points : bad) {
    EXPECT_NE(message_of(points).find("rh_FFJ3"), std::string::npos) << message_of(points);
  }
}

}  // namespace
}  // namespace inhand_control
