// What of the controller's safety outlives its process: one small file on disk for each controller.
#pragma once

#include <mutex>
#include <string>

namespace inhand_control::rt
{

// Keeps whether a person has stopped the controller, and which launch it was started by.
//
// One process at a time holds the file (a lock that ends with the process, however it ends). Its size
// never changes, so a full disk does not keep a stop from being written. A file that cannot be
// understood counts as a stop.
class StopLatch
{
public:
  // Opens the file or creates it, with its folders. `launch` names the launch that starts this
  // process; "" for none. Raises std::runtime_error that says what is wrong and what to do: the file
  // cannot be written, or another controller holds it.
  StopLatch(const std::string & path, const std::string & launch);
  ~StopLatch();
  StopLatch(const StopLatch &) = delete;
  StopLatch & operator=(const StopLatch &) = delete;

  // Whether a stop was in force when this process started, and since when, in words.
  bool was_stopped() const { return was_stopped_; }
  const std::string & since() const { return since_; }
  // Whether this launch has started a controller before: that one died.
  bool is_respawn() const { return is_respawn_; }

  // Brings a stop, or its end, to disk. Returns what went wrong, "" for nothing.
  std::string set(bool stopped);

private:
  void read();
  std::string write(bool stopped);

  std::string path_;
  std::string launch_;
  int file_ = -1;
  bool was_stopped_ = false;
  bool is_respawn_ = false;
  std::string since_;
  std::mutex mutex_;
};

// Where the file of a controller belongs: folder/domain_<id>/<name>.latch, a namespace's slashes as
// dots. An empty folder is $INHAND_STATE_DIR, else $XDG_STATE_HOME/inhand, else
// ~/.local/state/inhand. Raises std::runtime_error when none of them is set.
std::string latch_path(const std::string & folder, std::size_t domain, const std::string & name);

}  // namespace inhand_control::rt
