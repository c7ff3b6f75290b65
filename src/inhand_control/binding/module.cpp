// Python module inhand_control._core: the controller's own classes, batched over NumPy arrays.
// Arrays are C-contiguous with the batch first; the interpreter lock is released while rows run.
#include "arrays.hpp"
#include "inhand_control/types.hpp"

NB_MODULE(_core, m)
{
  nanobind::set_leak_warnings(
    false);  // what a program still holds at its end is no leak of this module
  m.attr("JOINTS") = inhand_control::kJoints;
  m.attr("ACTUATORS") = inhand_control::kActuators;
  m.attr("HALL_CHANNELS") = inhand_control::kHallChannels;
  inhand_control::binding::bind_hand(m);
  inhand_control::binding::bind_batch(m);
}
