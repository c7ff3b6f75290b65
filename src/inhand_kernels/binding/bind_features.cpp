// Features of observations.
#include "arrays.hpp"
#include "inhand_kernels/harmonics.hpp"

namespace inhand_kernels::binding
{

using namespace nb::literals;  // NOLINT: the library's own way to name arguments

void bind_features(nb::module_ & m)
{
  m.attr("HARMONICS") = kHarmonics;
  m.def(
    "cubic_harmonics",
    [](Array<const double, 2> orientation, Array<double, 2> out) {
      const std::size_t batch = orientation.shape(0);
      require(orientation, 1, 4, "orientation");
      require(out, 0, batch, "out");
      require(out, 1, kHarmonics, "out");
      const MaybeRelease release(batch);
      for (std::size_t row = 0; row < batch; ++row) {
        cubic_harmonics(orientation.data() + 4 * row, out.data() + kHarmonics * row);
      }
    },
    "orientation"_a, "out"_a);
}

}  // namespace inhand_kernels::binding
