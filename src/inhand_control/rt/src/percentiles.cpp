#include "inhand_control/rt/percentiles.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace inhand_control::rt
{

Summary summarise(std::vector<std::int64_t> values)
{
  if (values.empty()) {
    return {0.0, 0.0, 0.0, 0.0, 0.0};
  }
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double sum = 0.0;
  for (const auto value : values) {
    sum += static_cast<double>(value);
  }
  const double mean = sum / n;
  double squares = 0.0;
  for (const auto value : values) {
    squares += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  }
  const auto rank = [&](double share) {
    const auto index = static_cast<std::size_t>(std::max(std::ceil(share * n) - 1.0, 0.0));
    return static_cast<double>(values[index]);
  };
  return {mean, std::sqrt(squares / n), rank(0.50), rank(0.99), static_cast<double>(values.back())};
}

}  // namespace inhand_control::rt
