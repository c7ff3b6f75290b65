// Which of a stream's publishers is listened to: one at a time.
#pragma once

#include <rmw/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace inhand_control::node
{

using WriterId = std::array<std::uint8_t, sizeof(rmw_gid_t::data)>;

// A publisher as discovery knows it: its id and its node's full name.
struct Writer
{
  WriterId id;
  std::string node;
};

// Admits the messages of the first publisher that speaks until that has left the graph, and counts
// those of others. Being silent is not enough: who is frozen, or has nothing to say, is not replaced
// by somebody else, and the hand holds. After `release_ns` of silence a newcomer is followed if the
// old one is gone, or if it is of a node of the same name that has not spoken while the old one did:
// a node that was killed and restarted, of which discovery knows only later that the old one is
// dead. Where there are several from the beginning, nobody can tell whose the graph is: none is
// followed until one is left. One thread admits, any may read.
class WriterLock
{
public:
  // `writers` asks discovery; it is called at the first message, and where a second publisher speaks
  // while the first is silent, no more often than every `kLookNs`.
  WriterLock(
    std::string topic, std::int64_t release_ns, std::function<std::vector<Writer>()> writers)
  : topic_(std::move(topic)), release_ns_(release_ns), writers_(std::move(writers))
  {
  }

  bool admits(const rmw_gid_t & writer, std::int64_t now_ns)
  {
    WriterId id;
    std::memcpy(id.data(), writer.data, id.size());
    if (held_ && id == followed_) {
      heard_ns_ = now_ns;
      return true;
    }
    if (held_ && now_ns - began_ns_ <= kBeginNs) {
      held_ = false;  // it was there from the beginning: discovery takes time
    } else if (!held_ ? is_alone(now_ns) : may_follow(id, now_ns)) {
      began_ns_ = held_ ? began_ns_ : now_ns;
      held_ = true;
      followed_ = id;
      heard_ns_ = now_ns;
      return true;
    } else if (held_ && now_ns - heard_ns_ <= release_ns_ && !is_rival(id)) {
      rivals_.push_back(id);
      if (rivals_.size() > kMostRivals) {
        rivals_.erase(rivals_.begin());
      }
    }
    ++refused_;
    refused_ns_ = now_ns;
    return false;
  }

  const std::string & topic() const noexcept { return topic_; }
  std::uint64_t refused() const noexcept { return refused_; }
  // Whether a second publisher has spoken lately.
  bool contested(std::int64_t now_ns) const noexcept
  {
    return refused_ != 0 && now_ns - refused_ns_ <= kShownNs;
  }

private:
  static constexpr std::int64_t kLookNs = 100'000'000;
  static constexpr std::int64_t kBeginNs = 3'000'000'000;
  static constexpr std::int64_t kShownNs = 3'000'000'000;  // reports come once a second
  static constexpr std::size_t kMostRivals = 64;
  // ROS's own name of a node that discovery has not named yet, or that is none of ROS.
  static constexpr const char * kUnknown = "_NODE_NAME_UNKNOWN_";

  bool is_rival(const WriterId & id) const
  {
    return std::find(rivals_.begin(), rivals_.end(), id) != rivals_.end();
  }

  // Whether discovery may be asked again.
  bool may_look(std::int64_t now_ns)
  {
    if (looked_ && now_ns - looked_ns_ < kLookNs) {
      return false;
    }
    looked_ = true;
    looked_ns_ = now_ns;
    return true;
  }

  bool is_alone(std::int64_t now_ns) { return may_look(now_ns) && writers_().size() <= 1; }

  bool may_follow(const WriterId & id, std::int64_t now_ns)
  {
    if (now_ns - heard_ns_ <= release_ns_ || !may_look(now_ns)) {
      return false;
    }
    const std::vector<Writer> there = writers_();
    const auto find = [&there](const WriterId & wanted) {
      return std::find_if(there.begin(), there.end(), [&wanted](const Writer & writer) {
        return writer.id == wanted;
      });
    };
    const auto old = find(followed_);
    if (old == there.end()) {
      return true;
    }
    const auto newcomer = find(id);
    return !is_rival(id) && newcomer != there.end() && newcomer->node == old->node &&
           old->node.find(kUnknown) == std::string::npos;
  }

  std::string topic_;
  std::int64_t release_ns_;
  std::function<std::vector<Writer>()> writers_;
  WriterId followed_{};
  std::vector<WriterId> rivals_;  // have spoken while the one that is followed did
  bool held_ = false;
  bool looked_ = false;
  std::int64_t began_ns_ = 0;
  std::int64_t heard_ns_ = 0;
  std::int64_t looked_ns_ = 0;
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<std::int64_t> refused_ns_{0};
};

}  // namespace inhand_control::node
