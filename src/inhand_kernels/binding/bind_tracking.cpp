// Rigid registration and the tracker.
#include <cstring>

#include "arrays.hpp"
#include "inhand_kernels/registration.hpp"
#include "inhand_kernels/tracker.hpp"

namespace inhand_kernels::binding
{

using namespace nb::literals;  // NOLINT: the library's own way to name arguments

namespace
{

void register_rows(
  Array<const double, 2> reference, Array<const double, 3> seen, Array<const double, 2> weight,
  Array<double, 2> rotation, Array<double, 2> position, Array<double, 1> residual)
{
  const std::size_t batch = seen.shape(0), count = seen.shape(1);
  require(reference, 0, count, "reference");
  require(reference, 1, 3, "reference");
  require(seen, 2, 3, "seen");
  require(weight, 0, batch, "weight");
  require(weight, 1, count, "weight");
  require(rotation, 0, batch, "rotation");
  require(rotation, 1, 4, "rotation");
  require(position, 0, batch, "position");
  require(position, 1, 3, "position");
  require(residual, 0, batch, "residual");
  const MaybeRelease release(batch);
  for (std::size_t row = 0; row < batch; ++row) {
    const Registration found = register_points(
      reference.data(), seen.data() + 3 * count * row, weight.data() + count * row, count);
    std::memcpy(rotation.data() + 4 * row, found.rotation.coeffs().data(), 4 * sizeof(double));
    std::memcpy(position.data() + 3 * row, found.position.data(), 3 * sizeof(double));
    residual.data()[row] = found.residual;
  }
}

MarkedBody body(
  std::size_t first, Array<const double, 2> positions, Array<const bool, 1> well_posed)
{
  require(positions, 1, 3, "positions");
  const double * start = positions.data();
  const bool * subsets = well_posed.data();
  return {
    first, std::vector<double>(start, start + positions.size()),
    std::vector<bool>(subsets, subsets + well_posed.size())};
}

BodyRows body_rows(
  std::size_t batch, const char * name, Array<double, 2> position, Array<double, 2> orientation,
  Array<bool, 1> valid, Array<bool, 1> seen, Array<double, 1> age)
{
  require(position, 0, batch, name);
  require(position, 1, 3, name);
  require(orientation, 0, batch, name);
  require(orientation, 1, 4, name);
  require(valid, 0, batch, name);
  require(seen, 0, batch, name);
  require(age, 0, batch, name);
  return {position.data(), orientation.data(), valid.data(), seen.data(), age.data()};
}

}  // namespace

void bind_tracking(nb::module_ & m)
{
  m.def(
    "register_rows", &register_rows, "reference"_a, "seen"_a, "weight"_a, "rotation"_a,
    "position"_a, "residual"_a);

  nb::class_<Tracker>(m, "Tracker")
    .def(
      "__init__",
      [](
        Tracker * self, std::size_t markers, std::size_t first_tip, std::size_t hand_first,
        Array<const double, 2> hand_positions, Array<const bool, 1> hand_subsets,
        std::size_t object_first, Array<const double, 2> object_positions,
        Array<const bool, 1> object_subsets, double max_residual) {
        new (self) Tracker(
          MarkerModel{
            markers, first_tip, body(hand_first, hand_positions, hand_subsets),
            body(object_first, object_positions, object_subsets), max_residual});
      },
      "markers"_a, "first_tip"_a, "hand_first"_a, "hand_positions"_a, "hand_subsets"_a,
      "object_first"_a, "object_positions"_a, "object_subsets"_a, "max_residual"_a)
    .def(
      "step",
      [](
        const Tracker & self, Array<const double, 3> position, Array<const double, 2> condition,
        double dt, Array<double, 2> hand_position, Array<double, 2> hand_orientation,
        Array<bool, 1> hand_valid, Array<bool, 1> hand_seen, Array<double, 1> hand_age,
        Array<double, 2> object_position, Array<double, 2> object_orientation,
        Array<bool, 1> object_valid, Array<bool, 1> object_seen, Array<double, 1> object_age,
        Array<double, 3> tips, Array<bool, 2> tip_valid, Array<bool, 2> tip_seen,
        Array<double, 2> tip_age) {
        const std::size_t batch = position.shape(0);
        require(position, 1, self.markers(), "markers.position");
        require(position, 2, 3, "markers.position");
        require(condition, 0, batch, "markers.condition");
        require(condition, 1, self.markers(), "markers.condition");
        require(tips, 0, batch, "tips");
        require(tips, 1, kTips, "tips");
        require(tips, 2, 3, "tips");
        require(tip_valid, 0, batch, "tip_valid");
        require(tip_valid, 1, kTips, "tip_valid");
        require(tip_seen, 0, batch, "tip_seen");
        require(tip_seen, 1, kTips, "tip_seen");
        require(tip_age, 0, batch, "tip_age");
        require(tip_age, 1, kTips, "tip_age");
        const TrackerRows rows{
          body_rows(
            batch, "hand", hand_position, hand_orientation, hand_valid, hand_seen, hand_age),
          body_rows(
            batch, "object", object_position, object_orientation, object_valid, object_seen,
            object_age),
          tips.data(),
          tip_valid.data(),
          tip_seen.data(),
          tip_age.data()};
        const MaybeRelease release(batch);
        self.step(batch, position.data(), condition.data(), dt, rows);
      });
}

}  // namespace inhand_kernels::binding
