// Python module inhand_kernels._kernels. Arrays are C-contiguous with the batch first; results are
// written into arrays of the caller's.
#include "arrays.hpp"

NB_MODULE(_kernels, m)
{
  nanobind::set_leak_warnings(
    false);  // what a program still holds at its end is no leak of this module
  inhand_kernels::binding::bind_features(m);
  inhand_kernels::binding::bind_occlusion(m);
  inhand_kernels::binding::bind_tracking(m);
}
