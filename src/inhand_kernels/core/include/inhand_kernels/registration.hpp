// Rigid registration: the rotation and translation that best map a body's points to where they are
// seen. Horn, "Closed-form solution of absolute orientation using unit quaternions" (1987): the
// rotation is the eigenvector of the largest eigenvalue of a symmetric 4 x 4 matrix.
#pragma once

#include <Eigen/Core>
#include <Eigen/Geometry>
#include <cstddef>

namespace inhand_kernels
{

struct Registration
{
  Eigen::Quaterniond rotation;  // of the body in the frame of the seen points, w >= 0
  Eigen::Vector3d position;     // of the body's origin there [m]
  double residual;  // weighted root mean square distance [m]; NaN where a number was not finite
};

// Minimises sum_i w_i |rotate(q, p_i) + t - s_i|^2.
//
// reference: count x 3 points p_i in the body's frame [m]; seen: count x 3 points s_i [m], not read
// where the weight is 0; weight: count weights w_i >= 0. Points of positive weight that do not fix
// a rotation (fewer than three, all on a line) give a finite but meaningless rotation.
Registration register_points(
  const double * reference, const double * seen, const double * weight, std::size_t count) noexcept;

}  // namespace inhand_kernels
