#include "inhand_kernels/harmonics.hpp"

namespace inhand_kernels
{
namespace
{

constexpr std::size_t kIndices[kHarmonics][4] = {
  {0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}, {0, 0, 0, 1}, {0, 0, 0, 2},
  {1, 1, 1, 0}, {1, 1, 1, 2}, {2, 2, 2, 0}, {2, 2, 2, 1}, {0, 0, 1, 1},
  {0, 0, 2, 2}, {1, 1, 2, 2}, {0, 0, 1, 2}, {1, 1, 0, 2}, {2, 2, 0, 1},
};

}  // namespace

void cubic_harmonics(const double * quaternion, double * features) noexcept
{
  const double x = quaternion[0], y = quaternion[1], z = quaternion[2], w = quaternion[3];
  const double axes[3][3] = {
    // rows: components in the frame; columns: the block's axes
    {1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
    {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
    {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)},
  };
  for (std::size_t f = 0; f < kHarmonics; ++f) {
    const auto & index = kIndices[f];
    double sum = 0.0;
    for (std::size_t n = 0; n < 3; ++n) {
      sum += axes[index[0]][n] * axes[index[1]][n] * axes[index[2]][n] * axes[index[3]][n];
    }
    features[f] = sum;
  }
}

}  // namespace inhand_kernels
