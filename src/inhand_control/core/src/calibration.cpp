#include "inhand_control/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace inhand_control
{
namespace
{

[[noreturn]] void fail(const std::string & joint, const std::string & what)
{
  throw std::invalid_argument("hand.calibration." + joint + ": " + what);
}

bool all_finite(const std::vector<double> & values)
{
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

CalibrationCurve::CalibrationCurve(const std::string & joint, const CalibrationPoints & points)
{
  const std::size_t n = points.raw.size();
  if (points.angle.size() != n) {
    fail(
      joint,
      std::to_string(n) + " raw values but " + std::to_string(points.angle.size()) + " angles");
  }
  if (n < kMinPoints || n > kMaxPoints) {
    fail(joint, std::to_string(n) + " points; 3 to 9 are allowed");
  }
  if (!all_finite(points.raw) || !all_finite(points.angle)) {
    fail(joint, "a value is not finite");
  }

  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&points](std::size_t a, std::size_t b) {
    return points.raw[a] < points.raw[b];
  });
  for (std::size_t i = 0; i < n; ++i) {
    raw_[i] = points.raw[order[i]];
    angle_[i] = points.angle[order[i]];
  }

  segments_ = n - 1;
  rising_ = angle_[1] > angle_[0];
  for (std::size_t i = 0; i < segments_; ++i) {
    if (raw_[i + 1] == raw_[i]) {
      fail(joint, "raw value " + std::to_string(raw_[i]) + " appears twice");
    }
    if (angle_[i + 1] == angle_[i] || (angle_[i + 1] > angle_[i]) != rising_) {
      fail(joint, "angles must rise or fall strictly with the raw value");
    }
    slope_[i] = (angle_[i + 1] - angle_[i]) / (raw_[i + 1] - raw_[i]);
  }
}

double CalibrationCurve::angle(double raw) const noexcept
{
  std::size_t i = 0;
  while (i + 1 < segments_ && raw >= raw_[i + 1]) {
    ++i;
  }
  return angle_[i] + slope_[i] * (raw - raw_[i]);
}

double CalibrationCurve::raw(double angle) const noexcept
{
  std::size_t i = 0;
  while (i + 1 < segments_ && (rising_ ? angle >= angle_[i + 1] : angle <= angle_[i + 1])) {
    ++i;
  }
  return raw_[i] + (angle - angle_[i]) / slope_[i];
}

}  // namespace inhand_control
