// What of this machine is mounted or swapped to, and which block devices that rests on.
#pragma once

#include <set>
#include <string>
#include <vector>

namespace carousel::platform {

/// One mounted file system or swap area, followed down to the block devices that hold its bytes.
struct Use {
  std::string mount_point;         ///< empty for swap
  std::set<std::string> devices;   ///< "major:minor" of every device below it
  bool writable = false;
  bool swap = false;
  bool system = false;             ///< the running system needs it
};

/// Everything in use now (proc(5): mountinfo, swaps).
std::vector<Use> uses_of_devices();

}  // namespace carousel::platform
