// Which of a stream's publishers is listened to: one at a time.
#pragma once

#include <rmw/types.h>

#include <atomic>
#include <cstdint>
#include <cstring>

namespace inhand_control::node
{

// Admits the messages of the first publisher that speaks until it has been silent for
// `release_ns`, and counts those of others. One thread admits, any may read.
class WriterLock
{
public:
  explicit WriterLock(std::int64_t release_ns) : release_ns_(release_ns) {}

  bool admits(const rmw_gid_t & writer, std::int64_t now_ns) noexcept
  {
    const bool same = held_ && std::memcmp(writer.data, writer_.data, sizeof(writer.data)) == 0;
    if (!same && held_ && now_ns - heard_ns_ <= release_ns_) {
      ++refused_;
      refused_ns_ = now_ns;
      return false;
    }
    writer_ = writer;
    held_ = true;
    heard_ns_ = now_ns;
    return true;
  }

  std::uint64_t refused() const noexcept { return refused_; }
  // Whether a second publisher has spoken lately.
  bool contested(std::int64_t now_ns) const noexcept
  {
    return refused_ != 0 && now_ns - refused_ns_ <= release_ns_;
  }

private:
  std::int64_t release_ns_;
  rmw_gid_t writer_{};
  bool held_ = false;
  std::int64_t heard_ns_ = 0;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::int64_t> refused_ns_{0};
};

}  // namespace inhand_control::node
