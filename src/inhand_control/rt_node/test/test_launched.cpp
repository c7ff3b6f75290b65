#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "../launched.hpp"

namespace inhand_control::node
{
namespace
{

class Launched : public testing::Test
{
protected:
  void SetUp() override
  {
    char name[] = "/tmp/test_launched_XXXXXX";
    folder_ = ::mkdtemp(name);
    ::setenv("INHAND_LAUNCH", folder_.c_str(), 1);
  }
  void TearDown() override
  {
    ::unsetenv("INHAND_LAUNCH");
    std::filesystem::remove_all(folder_);
  }

  std::string folder_;
};

TEST_F(Launched, TheFirstRefusalIsFoundOnceItsLineIsWhole)
{
  EXPECT_FALSE(refusal(folder_).has_value());
  std::ofstream(folder_ + "/refused") << "policy: half a l";
  EXPECT_FALSE(refusal(folder_).has_value());
  std::filesystem::remove(folder_ + "/refused");
  refuse("rt_node", "missing parameters: claim");
  refuse("policy_node", "no such file");
  EXPECT_EQ(refusal(folder_).value(), "rt_node: missing parameters: claim");
}

TEST_F(Launched, ShortLivesAreWaitedForLongerAndLonger)
{
  EXPECT_EQ(back_off(0), 0.0);
  EXPECT_EQ(back_off(2), 0.0);
  EXPECT_EQ(back_off(3), 2.0);
  EXPECT_EQ(back_off(5), 8.0);
  EXPECT_EQ(back_off(6), 16.0);
  EXPECT_LT(back_off(7), 0.0);
}

TEST_F(Launched, StartsThatEndSoonAreCountedAndThoseOfLongAgoAreNot)
{
  EXPECT_EQ(note_start("rt_node"), "");
  EXPECT_EQ(note_start("rt_node"), "");
  std::ofstream old(folder_ + "/other.starts");
  for (int i = 0; i < 20; ++i) {
    old << -1000.0 + i << "\n";
  }
  old.close();
  EXPECT_EQ(note_start("other"), "");
  std::ofstream(folder_ + "/dead.starts") << "1e12\n1e12\n1e12\n1e12\n1e12\n1e12\n1e12\n";
  EXPECT_NE(note_start("dead").find("ended 7 times within 120 s"), std::string::npos);
}

TEST_F(Launched, WithoutALaunchNothingIsNoted)
{
  ::unsetenv("INHAND_LAUNCH");
  EXPECT_EQ(launch_folder(), "");
  refuse("rt_node", "no");
  EXPECT_EQ(note_start("rt_node"), "");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(Launched, AProgramIsCountedByItsNamespace)
{
  const char * const left[] = {"rt_node", "--ros-args", "-r", "__ns:=/lab/left"};
  EXPECT_EQ(program_name("rt_node", 4, left), "rt_node@lab_left");
  EXPECT_EQ(program_name("rt_node", 2, left), "rt_node");
}

}  // namespace
}  // namespace inhand_control::node
