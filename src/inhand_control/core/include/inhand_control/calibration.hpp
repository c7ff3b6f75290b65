// Hall sensor calibration: raw ADC counts to joint angles.
#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "inhand_control/config.hpp"
#include "inhand_control/types.hpp"

namespace inhand_control
{

// Piecewise linear curve through 3 to 9 truth points of either slope, sorted by raw value;
// outside the points the end segments go on (as Shadow's calibration files are read; paper, appendix
// B.5: 3 to 5 points a joint, from the factory and refined).
class CalibrationCurve
{
public:
  static constexpr std::size_t kMinPoints = 3;
  static constexpr std::size_t kMaxPoints = 9;

  CalibrationCurve() = default;
  // Raises std::invalid_argument naming `joint` when the points do not make a strictly
  // monotonic curve.
  CalibrationCurve(const std::string & joint, const CalibrationPoints & points);

  double angle(double raw) const noexcept;  // rad from ADC counts
  double raw(double angle) const noexcept;  // the inverse, for simulated sensors

  // Ends of the table [ADC counts].
  double lowest_raw() const noexcept { return raw_[0]; }
  double highest_raw() const noexcept { return raw_[segments_]; }

private:
  std::size_t segments_ = 0;
  bool rising_ = true;
  std::array<double, kMaxPoints> raw_{};
  std::array<double, kMaxPoints> angle_{};
  std::array<double, kMaxPoints> slope_{};  // rad per count, one a segment
};

}  // namespace inhand_control
