#include "inhand_kernels/occlusion.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace inhand_kernels
{
namespace
{

using Triple = std::array<double, 3>;

double at(const double * matrix, std::size_t row, std::size_t column) noexcept
{
  return matrix[3 * row + column];
}

// matrix . vector
Triple apply(const double * m, const double * v) noexcept
{
  Triple result;
  for (std::size_t i = 0; i < 3; ++i) {
    result[i] = at(m, i, 0) * v[0] + at(m, i, 1) * v[1] + at(m, i, 2) * v[2];
  }
  return result;
}

// transposed matrix . vector
Triple apply_inverse(const double * m, const double * v) noexcept
{
  Triple result;
  for (std::size_t i = 0; i < 3; ++i) {
    result[i] = at(m, 0, i) * v[0] + at(m, 1, i) * v[1] + at(m, 2, i) * v[2];
  }
  return result;
}

double squared_distance(const double * a, const double * b) noexcept
{
  double sum = 0.0;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    sum += (a[axis] - b[axis]) * (a[axis] - b[axis]);
  }
  return sum;
}

void check(const OcclusionModel & model)
{
  const std::size_t boxes = model.sites.size();
  if (model.half.size() != 3 * boxes) {
    throw std::invalid_argument("half: 3 sizes are needed for each site");
  }
  if (model.tested.size() != boxes * model.geoms.size()) {
    throw std::invalid_argument("tested: one flag is needed for each site and geom");
  }
  const auto outside = [](std::size_t limit) {
    return [limit](std::size_t index) { return index >= limit; };
  };
  if (std::any_of(model.sites.begin(), model.sites.end(), outside(model.sites_in_model))) {
    throw std::invalid_argument("sites: an index is beyond the model's");
  }
  if (std::any_of(model.geoms.begin(), model.geoms.end(), outside(model.geoms_in_model))) {
    throw std::invalid_argument("geoms: an index is beyond the model's");
  }
}

}  // namespace

bool boxes_overlap(
  const double * half_a, const double * half_b, const double * offset, const double * turn) noexcept
{
  double size[9];
  for (std::size_t i = 0; i < 9; ++i) {
    size[i] = std::abs(turn[i]) + 1e-9;  // parallel edges give an axis of no length
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const double radius = half_a[i] + (at(size, i, 0) * half_b[0] + at(size, i, 1) * half_b[1] +
                                       at(size, i, 2) * half_b[2]);
    if (std::abs(offset[i]) > radius) {
      return false;
    }
  }
  for (std::size_t j = 0; j < 3; ++j) {
    const double radius = half_b[j] + (at(size, 0, j) * half_a[0] + at(size, 1, j) * half_a[1] +
                                       at(size, 2, j) * half_a[2]);
    const double distance =
      offset[0] * at(turn, 0, j) + offset[1] * at(turn, 1, j) + offset[2] * at(turn, 2, j);
    if (std::abs(distance) > radius) {
      return false;
    }
  }
  for (std::size_t i = 0; i < 3; ++i) {
    const std::size_t i1 = (i + 1) % 3, i2 = (i + 2) % 3;
    for (std::size_t j = 0; j < 3; ++j) {
      const std::size_t j1 = (j + 1) % 3, j2 = (j + 2) % 3;
      const double radius = half_a[i1] * at(size, i2, j) + half_a[i2] * at(size, i1, j) +
                            half_b[j1] * at(size, i, j2) + half_b[j2] * at(size, i, j1);
      if (std::abs(offset[i2] * at(turn, i1, j) - offset[i1] * at(turn, i2, j)) > radius) {
        return false;
      }
    }
  }
  return true;
}

Occlusion::Occlusion(OcclusionModel model) : model_(std::move(model))
{
  check(model_);
  for (std::size_t box = 0; box < model_.sites.size(); ++box) {
    const double zero[3] = {0.0, 0.0, 0.0};
    radius_.push_back(std::sqrt(squared_distance(model_.half.data() + 3 * box, zero)));
  }
}

void Occlusion::hidden(
  std::size_t batch, const OcclusionScene & scene, bool * hidden) const noexcept
{
  const std::size_t boxes = model_.sites.size();
  for (std::size_t row = 0; row < batch; ++row) {
    for (std::size_t box = 0; box < boxes; ++box) {
      hidden[boxes * row + box] = touches(scene, row, box);
    }
  }
}

bool Occlusion::touches(
  const OcclusionScene & scene, std::size_t row, std::size_t box) const noexcept
{
  const std::size_t site = model_.sites_in_model * row + model_.sites[box];
  const double * position = scene.site_position + 3 * site;
  const double * frame = scene.site_matrix + 9 * site;
  const double * half = model_.half.data() + 3 * box;
  for (std::size_t entry = 0; entry < model_.geoms.size(); ++entry) {
    if (!model_.tested[box * model_.geoms.size() + entry]) {
      continue;
    }
    const std::size_t geom = model_.geoms_in_model * row + model_.geoms[entry];
    const double * place = scene.geom_position + 3 * geom;
    const double reach = radius_[box] + scene.geom_radius[geom];
    if (!(squared_distance(position, place) < reach * reach)) {  // most pairs are far apart
      continue;
    }
    const double * other = scene.geom_matrix + 9 * geom;
    const double * aabb = scene.geom_box + 6 * geom;
    const Triple centre = apply(other, aabb);
    const Triple between = {
      place[0] - position[0] + centre[0], place[1] - position[1] + centre[1],
      place[2] - position[2] + centre[2]};
    const Triple offset = apply_inverse(frame, between.data());
    double turn[9];
    for (std::size_t i = 0; i < 3; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        turn[3 * i + j] = at(frame, 0, i) * at(other, 0, j) + at(frame, 1, i) * at(other, 1, j) +
                          at(frame, 2, i) * at(other, 2, j);
      }
    }
    if (boxes_overlap(half, aabb + 3, offset.data(), turn)) {
      return true;
    }
  }
  return false;
}

}  // namespace inhand_kernels
