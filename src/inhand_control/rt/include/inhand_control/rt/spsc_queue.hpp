// Bounded queue between two threads; neither ever waits.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>

namespace inhand_control::rt
{

// One thread pushes, one pops. Wait-free; a full queue refuses, so that the caller can count.
// Capacity must be a power of two. T is copied and must be trivially copyable.
template <typename T, std::size_t Capacity>
class SpscQueue
{
  static_assert((Capacity & (Capacity - 1)) == 0, "Capacity must be a power of two");

public:
  bool try_push(const T & value) noexcept
  {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head - tail_.load(std::memory_order_acquire) == Capacity) {
      return false;
    }
    slots_[head % Capacity] = value;
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  bool try_pop(T & value) noexcept
  {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail == head_.load(std::memory_order_acquire)) {
      return false;
    }
    value = slots_[tail % Capacity];
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

private:
  alignas(64) std::atomic<std::size_t> head_{0};  // own cache lines: the threads do not disturb
  alignas(64) std::atomic<std::size_t> tail_{0};  // each other
  alignas(64) std::array<T, Capacity> slots_{};
};

}  // namespace inhand_control::rt
