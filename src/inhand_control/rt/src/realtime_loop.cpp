#include "inhand_control/rt/realtime_loop.hpp"

#include <time.h>

#include <cerrno>
#include <chrono>

#include "inhand_control/rt/realtime.hpp"
#include "inhand_control/rt/schedule.hpp"

namespace inhand_control::rt
{
namespace
{

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr auto kPoll = std::chrono::microseconds(200);

}  // namespace

bool apply(Request request, Controller & controller) noexcept
{
  switch (request) {
    case Request::kEnable:
      return controller.enable();
    case Request::kDisable:
      controller.disable();
      return true;
    case Request::kStop:
      controller.stop();
      return true;
    case Request::kClear:
      controller.clear();
      return true;
  }
  return false;
}

RealtimeLoop::RealtimeLoop(
  const HandModel & hand, const ControllerConfig & config, const LoopOptions & options)
: controller_(hand, config), period_ns_(config.period_ns), options_(options)
{
  sem_init(&recorded_, 0, 0);
  if (options.stopped) {
    controller_.stop();
  }
  if (options.auto_enable) {
    controller_.enable();
  }
}

RealtimeLoop::~RealtimeLoop()
{
  finish();
  sem_destroy(&recorded_);
}

std::vector<std::string> RealtimeLoop::start()
{
  thread_ = std::thread([this]() {
    become_realtime();
    ready_.store(true, std::memory_order_release);
    run();
  });
  while (!ready_.load(std::memory_order_acquire)) {
    std::this_thread::sleep_for(kPoll);
  }
  return warnings_;
}

void RealtimeLoop::finish()
{
  finish_.store(true, std::memory_order_release);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void RealtimeLoop::offer(const SensorSample & sample) noexcept
{
  dropped_ += !sensors_.try_push(sample);
}

void RealtimeLoop::offer(const ActionSample & sample) noexcept
{
  dropped_ += !actions_.try_push(sample);
}

RealtimeLoop::Answer RealtimeLoop::stop(std::int64_t timeout_ns)
{
  const std::uint64_t number = ++stops_wanted_;
  const std::int64_t until_ns = steady_now_ns() + timeout_ns;
  while (steady_now_ns() < until_ns) {
    if (stops_done_.load(std::memory_order_acquire) >= number) {
      return Answer::kApplied;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return Answer::kNoAnswer;
}

RealtimeLoop::Answer RealtimeLoop::request(Request request, std::int64_t timeout_ns)
{
  if (request == Request::kStop) {
    return stop(timeout_ns);
  }
  const std::uint64_t number = ++tickets_;
  if (!requests_.try_push({request, number})) {
    return Answer::kNoAnswer;
  }
  const std::int64_t until_ns = steady_now_ns() + timeout_ns;
  while (steady_now_ns() < until_ns) {
    const std::uint64_t answer = answer_.load(std::memory_order_acquire);
    if (answer / 2 >= number) {
      return answer % 2 != 0 ? Answer::kApplied : Answer::kRefused;
    }
    std::this_thread::sleep_for(kPoll);
  }
  return Answer::kNoAnswer;
}

bool RealtimeLoop::take(CycleRecord & record, std::int64_t timeout_ns)
{
  timespec until;
  clock_gettime(CLOCK_REALTIME, &until);  // the clock that sem_timedwait takes
  const std::int64_t nanoseconds = until.tv_nsec + timeout_ns;
  until.tv_sec += nanoseconds / kNanoseconds;
  until.tv_nsec = nanoseconds % kNanoseconds;
  while (sem_timedwait(&recorded_, &until) != 0) {
    if (errno != EINTR) {
      return false;
    }
  }
  return records_.try_pop(record);
}

void RealtimeLoop::become_realtime()
{
  const auto note = [this](const std::string & warning) {
    if (!warning.empty()) {
      warnings_.push_back(warning);
    }
  };
  if (options_.lock_memory) {
    note(lock_memory());
  }
  note(pin_thread(options_.cpu));
  if (options_.fifo) {
    note(use_fifo(options_.priority));
  }
  prefault_stack();
}

void RealtimeLoop::run() noexcept
{
  PeriodicSchedule schedule(steady_now_ns() + period_ns_, period_ns_);
  std::int64_t last_ns = 0;
  bool last = false;
  while (!last) {
    sleep_until_ns(schedule.due_ns());
    const std::int64_t now_ns = steady_now_ns();
    last = finish_.load(std::memory_order_acquire);
    record_.woke_ns = now_ns;
    record_.lateness_ns = now_ns - schedule.due_ns();
    record_.period_ns = last_ns == 0 ? 0 : now_ns - last_ns;
    last_ns = now_ns;
    cycle(now_ns, last);
    const std::int64_t done_ns = steady_now_ns();
    record_.compute_ns = done_ns - now_ns;
    schedule.finish(done_ns);
    record_.skipped = schedule.skipped();
    record_.missed = schedule.missed();
    record_.dropped = dropped_.load(std::memory_order_relaxed);
    if (records_.try_push(record_)) {
      sem_post(&recorded_);
    } else {
      ++dropped_;
    }
  }
}

void RealtimeLoop::cycle(std::int64_t now_ns, bool last) noexcept
{
  // Bounded: at most what the queues hold, even if their producers are faster than this loop.
  Ticket ticket;
  for (int i = 0; i < 16 && requests_.try_pop(ticket); ++i) {
    const bool applied = apply(ticket.request, controller_);
    answer_.store(ticket.number * 2 + (applied ? 1 : 0), std::memory_order_release);
  }
  const std::uint64_t stops = stops_wanted_.load(std::memory_order_acquire);
  if (stops != stops_done_.load(std::memory_order_relaxed)) {
    controller_.stop();
    stops_done_.store(stops, std::memory_order_release);
  }
  take_sensors(now_ns);
  ActionSample action;
  for (int i = 0; i < 16 && actions_.try_pop(action); ++i) {
    controller_.offer_action(now_ns, action);
  }
  if (last) {
    controller_.stop();
  }
  controller_.step(now_ns, record_.output);
  record_.counters = controller_.counters();
}

void RealtimeLoop::take_sensors(std::int64_t now_ns) noexcept
{
  record_.overtaken_count = 0;
  SensorSample sensors;
  bool accepted = false;
  for (int i = 0; i < 64 && sensors_.try_pop(sensors); ++i) {
    const ControllerState & state = controller_.state();
    const OvertakenReading before{
      state.sensors_stamp_ns, state.velocity.position, state.velocity.velocity};
    if (!controller_.offer_sensors(now_ns, sensors)) {
      continue;
    }
    if (accepted && record_.overtaken_count < kMaxOvertaken) {
      record_.overtaken[record_.overtaken_count++] = before;
    }
    accepted = true;
  }
}

}  // namespace inhand_control::rt
