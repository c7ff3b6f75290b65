// When the cycles of a periodic loop are due.
#pragma once

#include <cstdint>

namespace inhand_control::rt
{

// Deadlines at start + k * period. An overrun skips whole periods, so that a late loop neither
// bursts nor drifts in phase. Pure arithmetic: the caller reads the clock.
class PeriodicSchedule
{
public:
  PeriodicSchedule(std::int64_t start_ns, std::int64_t period_ns) noexcept
  : due_ns_(start_ns), period_ns_(period_ns)
  {
  }

  std::int64_t due_ns() const noexcept { return due_ns_; }
  std::uint64_t skipped() const noexcept { return skipped_; }
  std::uint64_t missed() const noexcept { return missed_; }

  // To be called when a cycle has ended; moves on to the next cycle that is still ahead.
  void finish(std::int64_t now_ns) noexcept
  {
    due_ns_ += period_ns_;
    if (now_ns > due_ns_) {
      const std::int64_t behind = (now_ns - due_ns_ + period_ns_ - 1) / period_ns_;
      due_ns_ += behind * period_ns_;
      skipped_ += static_cast<std::uint64_t>(behind);
      ++missed_;
    }
  }

private:
  std::int64_t due_ns_;
  std::int64_t period_ns_;
  std::uint64_t skipped_ = 0;  // periods in which no cycle ran
  std::uint64_t missed_ = 0;   // cycles that ended after the next one was due
};

}  // namespace inhand_control::rt
