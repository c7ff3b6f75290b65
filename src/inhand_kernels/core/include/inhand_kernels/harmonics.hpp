// Features of a block's orientation that its 24 rotational symmetries leave as they are.
#pragma once

#include <cstddef>

namespace inhand_kernels
{

constexpr std::size_t kHarmonics = 15;

// With a, b, c the block's axes in the frame of its unit quaternion (x, y, z, w), feature (i, j, k, l)
// is a_i a_j a_k a_l + b_i b_j b_k b_l + c_i c_j c_k c_l; writes the 15 of them, in the order
// iiii; iiij; 0011, 0022, 1122; 0012, 1102, 2201.
void cubic_harmonics(const double * quaternion, double * features) noexcept;

}  // namespace inhand_kernels
