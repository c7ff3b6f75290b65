#include "inhand_kernels/registration.hpp"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

namespace inhand_kernels
{
namespace
{

using Point = Eigen::Map<const Eigen::Vector3d>;

// Horn's matrix of a correlation sum_i w_i p_i s_i', in the order w, x, y, z.
Eigen::Matrix4d horn(const Eigen::Matrix3d & s) noexcept
{
  Eigen::Matrix4d matrix;
  matrix(0, 0) = s(0, 0) + s(1, 1) + s(2, 2);
  matrix(1, 1) = s(0, 0) - s(1, 1) - s(2, 2);
  matrix(2, 2) = s(1, 1) - s(0, 0) - s(2, 2);
  matrix(3, 3) = s(2, 2) - s(0, 0) - s(1, 1);
  matrix(1, 0) = matrix(0, 1) = s(1, 2) - s(2, 1);
  matrix(2, 0) = matrix(0, 2) = s(2, 0) - s(0, 2);
  matrix(3, 0) = matrix(0, 3) = s(0, 1) - s(1, 0);
  matrix(2, 1) = matrix(1, 2) = s(0, 1) + s(1, 0);
  matrix(3, 1) = matrix(1, 3) = s(2, 0) + s(0, 2);
  matrix(3, 2) = matrix(2, 3) = s(1, 2) + s(2, 1);
  return matrix;
}

}  // namespace

Registration register_points(
  const double * reference, const double * seen, const double * weight, std::size_t count) noexcept
{
  double total = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    total += weight[i];
  }
  Eigen::Vector3d p_mean = Eigen::Vector3d::Zero();
  Eigen::Vector3d s_mean = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < count; ++i) {
    if (weight[i] > 0.0) {
      p_mean += (weight[i] / total) * Point(reference + 3 * i);
      s_mean += (weight[i] / total) * Point(seen + 3 * i);
    }
  }
  Eigen::Matrix3d correlation = Eigen::Matrix3d::Zero();
  double spread = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    if (weight[i] > 0.0) {
      const Eigen::Vector3d p = Point(reference + 3 * i) - p_mean;
      const Eigen::Vector3d s = Point(seen + 3 * i) - s_mean;
      correlation += (weight[i] / total) * (p * s.transpose());
      spread += 0.5 * (weight[i] / total) * (p.squaredNorm() + s.squaredNorm());
    }
  }
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  if (!std::isfinite(spread)) {
    return {Eigen::Quaterniond::Identity(), Eigen::Vector3d::Constant(kNaN), kNaN};
  }
  const double safe = spread > 0.0 ? spread : 1.0;  // scaled, the largest eigenvalue is 1 at a fit
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix4d> solver(horn(correlation / safe));
  const Eigen::Vector4d q = solver.eigenvectors().col(3);
  const double sign = q[0] < 0.0 ? -1.0 : 1.0;
  const Eigen::Quaterniond rotation(sign * q[0], sign * q[1], sign * q[2], sign * q[3]);
  const double mean_square = 2.0 * safe * (1.0 - solver.eigenvalues()[3]);
  const double residual = mean_square > 0.0 ? std::sqrt(mean_square) : 0.0;
  return {rotation, s_mean - rotation * p_mean, residual};
}

}  // namespace inhand_kernels
