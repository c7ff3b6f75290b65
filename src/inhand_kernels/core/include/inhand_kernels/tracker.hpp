// From motion-capture markers to fingertips and object pose in the hand's frame, for B rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace inhand_kernels
{

// A rigid body with markers.
struct MarkedBody
{
  std::size_t first;              // its first marker; the others follow
  std::vector<double> positions;  // n x 3 places of its markers in its own frame [m]
  std::vector<bool> well_posed;   // 2^n: bit i of the index says whether marker i is seen
};

// Which marker is what, and what is refused.
struct MarkerModel
{
  std::size_t markers;    // in a frame
  std::size_t first_tip;  // fingertips ff, mf, rf, lf, th
  MarkedBody hand;        // markers on the hand's base
  MarkedBody object;
  double max_residual;  // registrations with a larger one are refused [m]
};

constexpr std::size_t kTips = 5;

// State of one body over B rows: last valid pose, whether valid now and seen ever, age [s].
struct BodyRows
{
  double * position;     // (B, 3) [m]
  double * orientation;  // (B, 4) x, y, z, w
  bool * valid;          // (B,)
  bool * seen;           // (B,)
  double * age;          // (B,) [s]
};

// State of the tracker over B rows.
struct TrackerRows
{
  BodyRows hand;     // in world
  BodyRows object;   // in the hand's frame
  double * tips;     // (B, 5, 3) in the hand's frame [m]
  bool * tip_valid;  // (B, 5)
  bool * tip_seen;   // (B, 5)
  double * tip_age;  // (B, 5) [s]
};

class Tracker
{
public:
  // Throws std::invalid_argument where the tables do not fit one another.
  explicit Tracker(MarkerModel model);

  std::size_t markers() const noexcept { return model_.markers; }

  // One frame: position (B, M, 3) [m, world], condition (B, M), a marker is seen where it is > 0
  // and its position finite; dt [s] since the last frame. What is not seen holds and grows older.
  void step(
    std::size_t batch, const double * position, const double * condition, double dt,
    const TrackerRows & state) const noexcept;

private:
  MarkerModel model_;
};

}  // namespace inhand_kernels
