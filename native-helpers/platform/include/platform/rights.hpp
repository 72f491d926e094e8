// Acting for somebody else. A helper that sudo or pkexec started has the system's rights but acts as the person who asked for it: files are
// opened, sockets named and peers judged as that person, and only a `Raised` opens a drive with more.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace carousel::platform {

/// First thing in main, before any thread: puts away every right that is never needed, and acts as the caller from here on. Does nothing where
/// nobody raised this process. `place`: the folder of a meeting (platform/meeting.hpp), empty in every other role; its owner is the caller on a
/// system whose prompt does not tell who asked. Code::no_permission if that cannot be done; the process must end then.
Status act_as_caller(const std::string& place);

/// True when this process has more rights than its caller.
bool acting_for_caller();

/// This thread (macOS: this process) has the system's rights while one of these lives: for opening a drive, never for a file.
class Raised {
 public:
  Raised();
  ~Raised();
  Raised(const Raised&) = delete;
  Raised& operator=(const Raised&) = delete;

 private:
  [[maybe_unused]] bool raised_ = false;
};

/// For a producer or consumer that has its device: gives the rights up for good and, where the system has a way, takes from the process what it
/// will not need again: the network, starting programs, looking into other processes.
Status give_up_rights();

}  // namespace carousel::platform
