#include "launched.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <vector>

namespace inhand_control::node
{
namespace
{

constexpr double kQuickS = 120.0;  // an end within so long after the start counts as quick
constexpr int kFree = 2;           // so many of them cost no waiting
constexpr int kMost = 7;           // and so many are the end
constexpr double kLongestS = 30.0;

bool is_folder(const std::string & path)
{
  struct stat found{};
  return ::stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == ::getuid();
}

double now_s()
{
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

}  // namespace

std::string launch_folder()
{
  const char * name = std::getenv("INHAND_LAUNCH");
  if (name == nullptr || *name == '\0') {
    return "";
  }
  return *name == '/' ? name : "/tmp/inhand_" + std::to_string(::getuid()) + "_" + name;
}

std::string program_name(const std::string & program, int argc, const char * const * argv)
{
  std::string space;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    space = word.rfind("__ns:=/", 0) == 0 ? word.substr(7) : space;
  }
  std::replace(space.begin(), space.end(), '/', '_');
  return space.empty() ? program : program + "@" + space;
}

void refuse(const std::string & program, const std::string & message)
{
  const std::string folder = launch_folder();
  if (!folder.empty() && is_folder(folder)) {
    std::ofstream(folder + "/refused", std::ios::app) << program + ": " + message + "\n";
  }
}

std::optional<std::string> refusal(const std::string & folder)
{
  std::ifstream file(folder + "/refused");
  std::string line;
  if (!file || !std::getline(file, line) || file.eof()) {  // half a line is still being written
    return std::nullopt;
  }
  return line;
}

double back_off(int quick)
{
  if (quick >= kMost) {
    return -1.0;
  }
  return quick <= kFree ? 0.0 : std::min(static_cast<double>(1 << (quick - kFree)), kLongestS);
}

std::string note_start(const std::string & program)
{
  const std::string folder = launch_folder();
  if (folder.empty() || !is_folder(folder)) {
    return "";
  }
  const std::string path = folder + "/" + program + ".starts";
  std::vector<double> starts;
  std::ifstream before(path);
  for (double start; before >> start;) {
    starts.push_back(start);
  }
  const double now = now_s();
  int quick = 0;
  double next = now;
  for (auto start = starts.rbegin(); start != starts.rend() && next - *start < kQuickS; ++start) {
    ++quick;
    next = *start;
  }
  const double wait = back_off(quick);
  if (wait < 0.0) {
    return "it has ended " + std::to_string(quick) + " times within " +
           std::to_string(static_cast<int>(kQuickS)) + " s of its start: it is not started again";
  }
  if (wait > 0.0) {
    std::fprintf(
      stderr, "%s: ended %d times soon after its start; waiting %g s\n", program.c_str(), quick,
      wait);
    ::usleep(static_cast<useconds_t>(wait * 1e6));
  }
  std::ofstream(path, std::ios::app) << std::to_string(now_s()) + "\n";
  return "";
}

}  // namespace inhand_control::node
