#include <gtest/gtest.h>

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "../writer_lock.hpp"

namespace inhand_control::node
{
namespace
{

constexpr std::int64_t kSecond = 1'000'000'000;

class WriterLockTest : public ::testing::Test
{
protected:
  static rmw_gid_t gid(std::uint8_t number)
  {
    rmw_gid_t id{};
    id.data[0] = number;
    return id;
  }

  void add(std::uint8_t number, const std::string & node)
  {
    Writer writer{{}, node};
    writer.id[0] = number;
    there_.push_back(writer);
  }

  // Whether the last of them is admitted when they speak in turns every 5 ms for a time.
  bool say(std::initializer_list<std::uint8_t> writers, double seconds = 0.0)
  {
    const std::int64_t end = now_ns_ + static_cast<std::int64_t>(seconds * kSecond);
    bool admitted = false;
    do {
      for (const std::uint8_t writer : writers) {
        admitted = lock_.admits(gid(writer), now_ns_);
      }
      now_ns_ += 5'000'000;
    } while (now_ns_ < end);
    return admitted;
  }

  // One alone, until it is the graph's.
  void settle(std::uint8_t writer)
  {
    EXPECT_TRUE(say({writer}, 4.0));
    looks_ = 0;
  }

  std::int64_t now_ns_ = 100 * kSecond;
  std::vector<Writer> there_;
  int looks_ = 0;
  WriterLock lock_{"/hand/action", kSecond, [this]() {
                     ++looks_;
                     return there_;
                   }};
};

TEST_F(WriterLockTest, TheFirstIsFollowedAndASecondIsRefused)
{
  add(1, "/smoother");
  settle(1);
  add(2, "/stranger");
  EXPECT_FALSE(say({1, 2}, 5.0));
  EXPECT_EQ(lock_.refused(), 1000u);
  EXPECT_EQ(looks_, 0) << "discovery is not asked while all is well";
  EXPECT_TRUE(lock_.contested(now_ns_));
  EXPECT_TRUE(say({1}, 5.0));
  EXPECT_FALSE(lock_.contested(now_ns_));
}

TEST_F(WriterLockTest, OneThatIsSilentIsNotReplacedWhileItIsThere)
{
  add(1, "/smoother");
  settle(1);
  add(2, "/stranger");
  now_ns_ += 5 * kSecond;
  EXPECT_FALSE(say({2}, 60.0));
  EXPECT_LE(looks_, 601);
  EXPECT_TRUE(say({1}));
}

TEST_F(WriterLockTest, OneThatHasLeftTheGraphMakesRoom)
{
  settle(1);
  add(2, "/stranger");
  EXPECT_FALSE(say({2})) << "within a second it may be discovery that is late";
  now_ns_ += 2 * kSecond;
  EXPECT_TRUE(say({2}));
}

TEST_F(WriterLockTest, OneThatWasStartedAnewIsFollowedThoughTheOldOneIsTakenForAlive)
{
  add(1, "/smoother");
  settle(1);
  add(2, "/smoother");
  now_ns_ += 4 * kSecond;
  EXPECT_TRUE(say({2}));
}

TEST_F(WriterLockTest, ProgramsThatAreNoNodesOfRosAreNotOneNode)
{
  add(1, "/_NODE_NAME_UNKNOWN_");
  settle(1);
  add(2, "/_NODE_NAME_UNKNOWN_");
  now_ns_ += 4 * kSecond;
  EXPECT_FALSE(say({2}, 10.0));
}

TEST_F(WriterLockTest, ASecondGraphWithTheSameNamesDoesNotTakeOver)
{
  add(1, "/smoother");
  settle(1);
  add(2, "/smoother");
  add(3, "/smoother");
  EXPECT_FALSE(say({1, 2}, 2.0));
  now_ns_ += 2 * kSecond;
  EXPECT_FALSE(say({2}, 15.0));
  EXPECT_TRUE(say({3}));
}

TEST_F(WriterLockTest, OfTwoThatAreThereFromTheBeginningNoneIsFollowed)
{
  add(1, "/smoother");
  EXPECT_TRUE(say({1}, 1.0));
  add(2, "/stranger");  // whom discovery has found late
  say({2, 1});
  EXPECT_FALSE(say({2, 1}, 60.0));
  EXPECT_FALSE(say({2}, 60.0));
  there_.pop_back();
  EXPECT_TRUE(say({1}, 1.0));
}

}  // namespace
}  // namespace inhand_control::node
