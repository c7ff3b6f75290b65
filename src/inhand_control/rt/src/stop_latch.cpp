#include "inhand_control/rt/stop_latch.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace inhand_control::rt
{
namespace
{

constexpr std::size_t kSize = 512;  // one sector: written whole or not at all
constexpr const char * kRemedy =
  "; the controller keeps a person's stop there: make the folder writable, or name another one "
  "with INHAND_STATE_DIR";

std::string utc_now()
{
  const time_t now = time(nullptr);
  tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string environment(const char * name)
{
  const char * value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

std::string latch_path(const std::string & folder, std::size_t domain, const std::string & name)
{
  std::string base = folder;
  if (base.empty()) {
    base = environment("INHAND_STATE_DIR");
  }
  if (base.empty() && !environment("XDG_STATE_HOME").empty()) {
    base = environment("XDG_STATE_HOME") + "/inhand";
  }
  if (base.empty() && !environment("HOME").empty()) {
    base = environment("HOME") + "/.local/state/inhand";
  }
  if (base.empty()) {
    throw std::runtime_error("no folder for the latch of stop: set INHAND_STATE_DIR");
  }
  std::string file = name.substr(name.find_first_not_of('/'));
  std::replace(file.begin(), file.end(), '/', '.');
  return base + "/domain_" + std::to_string(domain) + "/" + file + ".latch";
}

StopLatch::StopLatch(const std::string & path, const std::string & launch)
: path_(path), launch_(launch)
{
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
  file_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file_ < 0) {
    throw std::runtime_error(path + ": " + std::strerror(errno) + kRemedy);
  }
  if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
    close(file_);
    throw std::runtime_error(
      path +
      " is held by another controller: one runs in this domain already; stop it, or set "
      "another ROS_DOMAIN_ID");
  }
  read();
  const std::string error = write(was_stopped_);
  if (!error.empty()) {
    close(file_);
    throw std::runtime_error(error + kRemedy);
  }
}

StopLatch::~StopLatch() { close(file_); }

std::string StopLatch::set(bool stopped)
{
  const std::lock_guard<std::mutex> lock(mutex_);
  since_ = utc_now();
  return write(stopped);
}

void StopLatch::read()
{
  std::array<char, kSize + 1> text{};
  const ssize_t size = pread(file_, text.data(), kSize, 0);
  if (size == 0) {
    return;  // new
  }
  std::istringstream lines(size < 0 ? "" : text.data());
  std::string state;
  std::string launch;
  std::getline(lines, state);
  std::getline(lines, since_);
  std::getline(lines, launch);
  was_stopped_ = state != "clear";
  is_respawn_ = !launch_.empty() && launch == launch_;
  if (state != "clear" && state != "stopped") {
    since_ = "a time unknown (" + path_ + " cannot be understood)";
  }
}

std::string StopLatch::write(bool stopped)
{
  std::string text = std::string(stopped ? "stopped" : "clear") + "\n" +
                     (since_.empty() ? utc_now() : since_) + "\n" + launch_ + "\n";
  text.resize(kSize, '\n');
  if (
    pwrite(file_, text.data(), kSize, 0) != static_cast<ssize_t>(kSize) || fdatasync(file_) != 0) {
    return path_ + ": " + std::strerror(errno);
  }
  return "";
}

}  // namespace inhand_control::rt
