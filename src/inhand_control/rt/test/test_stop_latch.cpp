#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "inhand_control/rt/stop_latch.hpp"

namespace inhand_control::rt
{
namespace
{

class Latch : public ::testing::Test
{
protected:
  Latch()
  {
    std::string folder = (std::filesystem::temp_directory_path() / "latch_XXXXXX").string();
    folder_ = mkdtemp(folder.data());
    path_ = folder_ + "/state/domain_7/controller.latch";
  }
  ~Latch() override { std::filesystem::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST_F(Latch, BeginsClearAndKeepsAStopAcrossProcesses)
{
  {
    StopLatch latch(path_, "first");
    EXPECT_FALSE(latch.was_stopped());
    EXPECT_FALSE(latch.is_respawn());
    EXPECT_EQ(latch.set(true), "");
  }
  {
    StopLatch latch(path_, "second");
    EXPECT_TRUE(latch.was_stopped());
    EXPECT_EQ(latch.since().size(), 20u) << latch.since();
    EXPECT_EQ(latch.set(false), "");
  }
  EXPECT_FALSE(StopLatch(path_, "third").was_stopped());
}

TEST_F(Latch, AKilledProcessLeavesItsStopAndNoLock)
{
  const pid_t child = fork();
  if (child == 0) {
    StopLatch latch(path_, "");
    latch.set(true);
    _exit(0);  // no destructor runs
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(StopLatch(path_, "").was_stopped());
}

TEST_F(Latch, KnowsASecondStartOfOneLaunch)
{
  EXPECT_FALSE(StopLatch(path_, "launch_1").is_respawn());
  EXPECT_TRUE(StopLatch(path_, "launch_1").is_respawn());
  EXPECT_FALSE(StopLatch(path_, "launch_2").is_respawn());
  EXPECT_FALSE(StopLatch(path_, "").is_respawn());
  EXPECT_FALSE(StopLatch(path_, "").is_respawn()) << "by hand: each start is a person's";
}

TEST_F(Latch, IsHeldByOneController)
{
  const StopLatch latch(path_, "");
  try {
    const StopLatch second(path_, "");
    FAIL() << "held twice";
  } catch (const std::runtime_error & error) {
    EXPECT_NE(std::string(error.what()).find("ROS_DOMAIN_ID"), std::string::npos) << error.what();
  }
}

TEST_F(Latch, WhatItCannotUnderstandIsAStop)
{
  {
    const StopLatch latch(path_, "");
  }
  std::ofstream(path_) << "nonsense";
  EXPECT_TRUE(StopLatch(path_, "").was_stopped());
}

TEST_F(Latch, AFolderThatCannotBeMadeIsNamed)
{
  std::ofstream(folder_ + "/state") << "a file";
  try {
    const StopLatch latch(path_, "");
    FAIL() << "made";
  } catch (const std::runtime_error & error) {
    EXPECT_NE(std::string(error.what()).find("INHAND_STATE_DIR"), std::string::npos);
  }
}

TEST_F(Latch, IsNamedByDomainAndNode)
{
  setenv("INHAND_STATE_DIR", "/a", 1);
  EXPECT_EQ(latch_path("", 42, "/controller"), "/a/domain_42/controller.latch");
  EXPECT_EQ(latch_path("/b", 0, "/left/controller"), "/b/domain_0/left.controller.latch");
  unsetenv("INHAND_STATE_DIR");
  setenv("XDG_STATE_HOME", "/c", 1);
  EXPECT_EQ(latch_path("", 1, "/x"), "/c/inhand/domain_1/x.latch");
  unsetenv("XDG_STATE_HOME");
  setenv("HOME", "/d", 1);
  EXPECT_EQ(latch_path("", 1, "/x"), "/d/.local/state/inhand/domain_1/x.latch");
  unsetenv("HOME");
  EXPECT_THROW(latch_path("", 1, "/x"), std::runtime_error);
}

}  // namespace
}  // namespace inhand_control::rt
