// B controllers stepped together, with their outputs in (B, n) arrays.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "inhand_control/controller.hpp"

namespace inhand_control
{

// Row-major input of one call: a row of `width` numbers for each controller.
struct Rows
{
  const double * data;
  std::size_t width;
};

class BatchController
{
public:
  BatchController(const HandModel & hand, const ControllerConfig & config, std::size_t batch);

  std::size_t size() const noexcept { return controllers_.size(); }
  Controller & operator[](std::size_t row) noexcept { return controllers_[row]; }

  void offer_sensors(
    const std::int64_t * now_ns, const std::int64_t * stamp_ns, const std::uint64_t * sequence,
    const std::uint64_t * start, Rows hall, const bool * mask) noexcept;
  void offer_action(
    const std::int64_t * now_ns, const std::int64_t * stamp_ns, const std::uint64_t * sequence,
    Rows action, const bool * mask) noexcept;
  void step(const std::int64_t * now_ns, const bool * mask) noexcept;
  // Outputs of the masked rows as if just constructed.
  void reset(const bool * mask) noexcept;
  // Writes the outputs that belong to the rows' current states.
  void refresh(const bool * mask) noexcept;

  // Outputs of the last step, row-major (B, n).
  std::vector<double> torque, target, position, velocity, effort;
  std::vector<std::uint8_t> mode;

private:
  void store(std::size_t row, const ControllerOutput & output) noexcept;

  std::vector<Controller> controllers_;
};

}  // namespace inhand_control
