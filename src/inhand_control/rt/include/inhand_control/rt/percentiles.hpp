// Summary of a window of measurements; not for the real-time thread (it sorts).
#pragma once

#include <cstdint>
#include <vector>

namespace inhand_control::rt
{

// In the unit of the values; all zero when there are none.
struct Summary
{
  double mean;
  double deviation;  // standard deviation
  double p50;
  double p99;
  double max;
};

// Nearest-rank percentiles.
Summary summarise(std::vector<std::int64_t> values);

}  // namespace inhand_control::rt
