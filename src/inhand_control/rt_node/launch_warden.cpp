// launch_warden: waits until a process of its launch refuses its configuration, says which and why, and
// ends with code 2; launch files end with it. A node that crashed is started again, one that cannot be
// configured would refuse for ever.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "launched.hpp"

namespace
{

constexpr useconds_t kLookUs = 100'000;

std::atomic<bool> g_interrupted{false};

void interrupt(int) { g_interrupted = true; }

int watch(const std::string & folder)
{
  while (!g_interrupted) {
    if (const auto found = inhand_control::node::refusal(folder)) {
      std::fprintf(stderr, "error: the launch ends: %s\n", found->c_str());
      return inhand_control::node::kRefused;
    }
    ::usleep(kLookUs);
  }
  return 0;
}

}  // namespace

int main()
{
  struct sigaction action{};
  action.sa_handler = interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  const std::string folder = inhand_control::node::launch_folder();
  if (folder.empty()) {
    std::fprintf(stderr, "launch_warden: launch files start it, with INHAND_LAUNCH set\n");
    return inhand_control::node::kRefused;
  }
  const bool made = ::mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) {
    // The launch works without; a node that refuses is then started again.
    std::fprintf(stderr, "launch_warden: %s: %s\n", folder.c_str(), std::strerror(errno));
  }
  const int code = watch(folder);
  if (made) {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  return code;
}
