// Which fingertip markers are hidden: boxes behind the nails against the boxes of other geoms, by
// the separating-axis test (Gottschalk, Lin and Manocha, 1996).
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace inhand_kernels
{

// Boxes in a model: `sites` carry one each, `geoms` are what may touch them.
struct OcclusionModel
{
  std::size_t sites_in_model, geoms_in_model;
  std::vector<std::size_t> sites;  // n boxes
  std::vector<double> half;        // n x 3, half sizes [m]
  std::vector<std::size_t> geoms;  // m
  std::vector<bool> tested;        // n x m: which geoms are tested against which box
};

// Poses of B worlds, row-major; matrices are 3 x 3, columns are the body's axes.
struct OcclusionScene
{
  const double * site_position;  // (B, sites, 3) [m]
  const double * site_matrix;    // (B, sites, 9)
  const double * geom_position;  // (B, geoms, 3) [m]
  const double * geom_matrix;    // (B, geoms, 9)
  const double * geom_box;       // (B, geoms, 6): centre and half sizes in the geom's frame [m]
  const double * geom_radius;    // (B, geoms): of the bounding sphere [m]
};

// Separating-axis test of two boxes: half sizes, the centre of b and the rotation of b's axes
// (columns) in the frame of a. True where they touch or overlap.
bool boxes_overlap(
  const double * half_a, const double * half_b, const double * offset,
  const double * turn) noexcept;

class Occlusion
{
public:
  // Throws std::invalid_argument where the tables do not fit one another.
  explicit Occlusion(OcclusionModel model);

  const OcclusionModel & model() const noexcept { return model_; }

  // hidden (B, n): the box meets one of its geoms' boxes.
  void hidden(std::size_t batch, const OcclusionScene & scene, bool * hidden) const noexcept;

private:
  bool touches(const OcclusionScene & scene, std::size_t row, std::size_t box) const noexcept;

  OcclusionModel model_;
  std::vector<double> radius_;  // of each box
};

}  // namespace inhand_kernels
