// Boxes that hide markers.
#include <vector>

#include "arrays.hpp"
#include "inhand_kernels/occlusion.hpp"

namespace inhand_kernels::binding
{

using namespace nb::literals;  // NOLINT: the library's own way to name arguments

namespace
{

using Indices = Array<const std::int64_t, 1>;

std::vector<std::size_t> indices(const Indices & values)
{
  return {values.data(), values.data() + values.size()};  // a negative one is beyond every model
}

void overlap_rows(
  Array<const double, 2> half_a, Array<const double, 2> half_b, Array<const double, 2> offset,
  Array<const double, 3> turn, Array<bool, 1> out)
{
  const std::size_t batch = out.shape(0);
  for (const auto & [array, name] :
       {std::pair{half_a, "half_a"}, std::pair{half_b, "half_b"}, std::pair{offset, "offset"}}) {
    require(array, 0, batch, name);
    require(array, 1, 3, name);
  }
  require(turn, 0, batch, "turn");
  require(turn, 1, 3, "turn");
  require(turn, 2, 3, "turn");
  for (std::size_t row = 0; row < batch; ++row) {
    out.data()[row] = boxes_overlap(
      half_a.data() + 3 * row, half_b.data() + 3 * row, offset.data() + 3 * row,
      turn.data() + 9 * row);
  }
}

// Checks one array of a scene, (B, count, width).
const double * rows(
  const Array<const double, 3> & array, std::size_t batch, std::size_t count, std::size_t width,
  const char * name)
{
  require(array, 0, batch, name);
  require(array, 1, count, name);
  require(array, 2, width, name);
  return array.data();
}

}  // namespace

void bind_occlusion(nb::module_ & m)
{
  m.def("boxes_overlap", &overlap_rows, "half_a"_a, "half_b"_a, "offset"_a, "turn"_a, "out"_a);

  nb::class_<Occlusion>(m, "Occlusion")
    .def(
      "__init__",
      [](
        Occlusion * self, std::size_t sites_in_model, std::size_t geoms_in_model, Indices sites,
        Array<const double, 2> half, Indices geoms, Array<const bool, 2> tested) {
        new (self) Occlusion(
          OcclusionModel{
            sites_in_model, geoms_in_model, indices(sites),
            std::vector<double>(half.data(), half.data() + half.size()), indices(geoms),
            std::vector<bool>(tested.data(), tested.data() + tested.size())});
      },
      "sites_in_model"_a, "geoms_in_model"_a, "sites"_a, "half"_a, "geoms"_a, "tested"_a)
    .def(
      "hidden",
      [](
        const Occlusion & self, Array<const double, 3> site_position,
        Array<const double, 3> site_matrix, Array<const double, 3> geom_position,
        Array<const double, 3> geom_matrix, Array<const double, 3> geom_box,
        Array<const double, 2> geom_radius, Array<bool, 2> out) {
        const std::size_t batch = out.shape(0);
        const OcclusionModel & model = self.model();
        const std::size_t sites = model.sites_in_model, geoms = model.geoms_in_model;
        require(out, 1, model.sites.size(), "out");
        require(geom_radius, 0, batch, "geom_radius");
        require(geom_radius, 1, geoms, "geom_radius");
        const OcclusionScene scene{
          rows(site_position, batch, sites, 3, "site_position"),
          rows(site_matrix, batch, sites, 9, "site_matrix"),
          rows(geom_position, batch, geoms, 3, "geom_position"),
          rows(geom_matrix, batch, geoms, 9, "geom_matrix"),
          rows(geom_box, batch, geoms, 6, "geom_box"),
          geom_radius.data()};
        const MaybeRelease release(batch);
        self.hidden(batch, scene, out.data());
      },
      "site_position"_a, "site_matrix"_a, "geom_position"_a, "geom_matrix"_a, "geom_box"_a,
      "geom_radius"_a, "out"_a);
}

}  // namespace inhand_kernels::binding
