#include "inhand_control/rt/realtime.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <time.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>

namespace inhand_control::rt
{
namespace
{

constexpr std::int64_t kNanoseconds = 1'000'000'000;

std::string denied(const std::string & what, int error)
{
  return what + " denied: " + std::strerror(error);
}

int last_allowed_cpu()
{
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
    return 0;
  }
  int last = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) {
      last = cpu;
    }
  }
  return last;
}

}  // namespace

std::int64_t steady_now_ns() noexcept
{
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * kNanoseconds + now.tv_nsec;
}

std::int64_t system_now_ns() noexcept
{
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return now.tv_sec * kNanoseconds + now.tv_nsec;
}

void sleep_until_ns(std::int64_t time_ns) noexcept
{
  const timespec until{time_ns / kNanoseconds, time_ns % kNanoseconds};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

std::string lock_memory()
{
  return mlockall(MCL_CURRENT | MCL_FUTURE) == 0 ? "" : denied("locking memory", errno);
}

std::string pin_thread(int cpu)
{
  const int chosen = cpu < 0 ? last_allowed_cpu() : cpu;
  const std::string what = "pinning to core " + std::to_string(chosen);
  if (chosen >= CPU_SETSIZE) {
    return denied(what, EINVAL);
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(chosen, &set);
  const int error = pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
  return error == 0 ? "" : denied(what, error);
}

std::string use_fifo(int priority)
{
  sched_param param{};
  param.sched_priority = priority;
  const int error = pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
  return error == 0 ? "" : denied("SCHED_FIFO priority " + std::to_string(priority), error);
}

void use_default_scheduler() noexcept
{
  const sched_param param{};
  pthread_setschedparam(pthread_self(), SCHED_OTHER, &param);  // always allowed
}

std::string use_fifo_for_all_threads(int priority)
{
  sched_param param{};
  param.sched_priority = priority;
  std::string warning;
  for (const auto & task : std::filesystem::directory_iterator("/proc/self/task")) {
    const pid_t thread = std::stoi(task.path().filename().string());
    // A thread may have ended since it was listed; that is nothing to warn of.
    if (sched_setscheduler(thread, SCHED_FIFO, &param) != 0 && errno != ESRCH) {
      warning = denied("SCHED_FIFO priority " + std::to_string(priority) + " for messages", errno);
    }
  }
  return warning;
}

void prefault_stack() noexcept
{
  constexpr std::size_t kBytes = 256 * 1024;
  constexpr std::size_t kPage = 4096;
  volatile unsigned char stack[kBytes];
  for (std::size_t i = 0; i < kBytes; i += kPage) {
    stack[i] = 0;
  }
  static_cast<void>(stack[0]);
}

}  // namespace inhand_control::rt
