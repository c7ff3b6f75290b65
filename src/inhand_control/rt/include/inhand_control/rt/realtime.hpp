// What the operating system gives to a real-time thread. Everything here is best effort: what is
// denied comes back as one line of text for a warning, empty when granted.
#pragma once

#include <cstdint>
#include <string>

namespace inhand_control::rt
{

// CLOCK_MONOTONIC, the time base of the loop.
std::int64_t steady_now_ns() noexcept;

// The system's time, as messages are stamped with [ns].
std::int64_t system_now_ns() noexcept;
// Sleeps to an absolute time of that clock; signals do not cut it short.
void sleep_until_ns(std::int64_t time_ns) noexcept;

// Keeps all present and future pages of the process in memory.
std::string lock_memory();
// Pins the calling thread to a core; -1: the last core that the process may use.
std::string pin_thread(int cpu);
// Puts the calling thread under SCHED_FIFO.
std::string use_fifo(int priority);
// Puts the calling thread under the default scheduler again.
void use_default_scheduler() noexcept;
// Puts every thread that the process has now under SCHED_FIFO; threads they start inherit it.
std::string use_fifo_for_all_threads(int priority);
// Touches the calling thread's stack, so that the loop meets no page fault there.
void prefault_stack() noexcept;

}  // namespace inhand_control::rt
