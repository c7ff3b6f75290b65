#include "inhand_kernels/tracker.hpp"

#include <Eigen/Geometry>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string>
#include <utility>

#include "inhand_kernels/registration.hpp"

namespace inhand_kernels
{
namespace
{

constexpr std::size_t kMaxBodyMarkers = 16;  // a table of 2^16 subsets is as much as anybody needs

using Vector = Eigen::Map<Eigen::Vector3d>;
using Quaternion = Eigen::Map<Eigen::Quaterniond>;
using Point = Eigen::Map<const Eigen::Vector3d>;

void check(const MarkedBody & body, std::size_t markers, const std::string & name)
{
  const std::size_t count = body.positions.size() / 3;
  if (body.positions.size() % 3 != 0 || count == 0 || count > kMaxBodyMarkers) {
    throw std::invalid_argument(
      name + ": positions must be n x 3 with n in 1 ... " + std::to_string(kMaxBodyMarkers));
  }
  if (body.well_posed.size() != std::size_t{1} << count) {
    throw std::invalid_argument(
      name + ": " + std::to_string(body.well_posed.size()) + " subsets; " +
      std::to_string(std::size_t{1} << count) + " are needed");
  }
  if (body.first + count > markers) {
    throw std::invalid_argument(
      name + ": markers " + std::to_string(body.first) + " and on; a frame has " +
      std::to_string(markers));
  }
}

bool is_seen(const double * position, double condition) noexcept
{
  return condition > 0.0 && Point(position).allFinite();
}

// The body's registration in one frame, and whether it can be trusted.
struct Fit
{
  Registration pose;
  bool good;
};

Fit fit(
  const MarkedBody & body, const double * position, const double * condition,
  double max_residual) noexcept
{
  std::array<double, kMaxBodyMarkers> weight;
  const std::size_t count = body.positions.size() / 3;
  std::size_t subset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t marker = body.first + i;
    const bool seen = is_seen(position + 3 * marker, condition[marker]);
    weight[i] = seen ? 1.0 : 0.0;
    subset |= static_cast<std::size_t>(seen) << i;
  }
  if (!body.well_posed[subset]) {
    return {{Eigen::Quaterniond::Identity(), Eigen::Vector3d::Zero(), 0.0}, false};
  }
  const double * seen = position + 3 * body.first;
  const Registration found = register_points(body.positions.data(), seen, weight.data(), count);
  return {found, found.residual <= max_residual};
}

// One row of `BodyRows`.
class Body
{
public:
  Body(const BodyRows & rows, std::size_t row) noexcept
  : position(rows.position + 3 * row),
    orientation(rows.orientation + 4 * row),
    valid(rows.valid[row]),
    seen(rows.seen[row]),
    age(rows.age[row])
  {
  }

  // Takes the new pose where it is good, else holds the last one and ages it.
  void update(
    bool good, const Eigen::Vector3d & place, const Eigen::Quaterniond & turn, double dt) noexcept
  {
    valid = good;
    if (good) {
      position = place;
      orientation = turn;
      seen = true;
      age = 0.0;
    } else {
      age += dt;
    }
  }

  // A point in the frame that the body's pose is given in, from there to the body's.
  Eigen::Vector3d to_body(const Eigen::Vector3d & point) const noexcept
  {
    return Eigen::Quaterniond(orientation).conjugate() * (point - position);
  }

  Vector position;
  Quaternion orientation;
  bool & valid;
  bool & seen;
  double & age;
};

Eigen::Quaterniond canonical(const Eigen::Quaterniond & q) noexcept
{
  return q.w() < 0.0 ? Eigen::Quaterniond(-q.coeffs()) : q;
}

}  // namespace

Tracker::Tracker(MarkerModel model) : model_(std::move(model))
{
  check(model_.hand, model_.markers, "hand");
  check(model_.object, model_.markers, "object");
  if (model_.first_tip + kTips > model_.markers) {
    throw std::invalid_argument(
      "fingertips: markers " + std::to_string(model_.first_tip) + " and on; a frame has " +
      std::to_string(model_.markers));
  }
}

void Tracker::step(
  std::size_t batch, const double * position, const double * condition, double dt,
  const TrackerRows & state) const noexcept
{
  for (std::size_t row = 0; row < batch; ++row) {
    const double * markers = position + 3 * model_.markers * row;
    const double * conditions = condition + model_.markers * row;

    Body hand(state.hand, row);
    const Fit base = fit(model_.hand, markers, conditions, model_.max_residual);
    hand.update(base.good, base.pose.position, base.pose.rotation, dt);

    for (std::size_t tip = 0; tip < kTips; ++tip) {
      const std::size_t marker = model_.first_tip + tip;
      const std::size_t entry = kTips * row + tip;
      const bool seen = hand.seen && is_seen(markers + 3 * marker, conditions[marker]);
      // One not seen since the reset takes its marker's last known place, as not valid.
      const Point place(markers + 3 * marker);
      if ((seen || !state.tip_seen[entry]) && place.allFinite()) {
        Vector(state.tips + 3 * entry) = hand.to_body(place);
      }
      state.tip_valid[entry] = seen;
      state.tip_seen[entry] = state.tip_seen[entry] || seen;
      state.tip_age[entry] = seen ? 0.0 : state.tip_age[entry] + dt;
    }

    const Fit body = fit(model_.object, markers, conditions, model_.max_residual);
    const Eigen::Quaterniond turn =
      canonical(Eigen::Quaterniond(hand.orientation).conjugate() * body.pose.rotation);
    Body object(state.object, row);
    object.update(body.good && hand.seen, hand.to_body(body.pose.position), turn, dt);
  }
}

}  // namespace inhand_kernels
