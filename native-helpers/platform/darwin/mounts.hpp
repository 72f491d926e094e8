// What of this machine is mounted, and which disks that rests on.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace carousel::platform::darwin {

struct Mount {
  std::string point;
  std::string device;             ///< as in /dev: "disk3s5"
  std::set<std::string> devices;  ///< "major:minor" of everything below it
  bool writable = false;
  bool swap = false;    ///< holds the system's swap files
  bool system = false;  ///< the running system needs it
};

/// Everything mounted from a disk. Nothing if not even the disk of / can be found out: then every disk must be taken for it.
std::optional<std::vector<Mount>> mounts();

/// Mount points of this device and of all that is made of it, asked of the disk arbitration daemon as well: it also knows volumes whose
/// entry in the mount table names no device.
struct InUse {
  std::vector<std::string> points;
  bool writable = false;
};
InUse in_use(const std::string& device);

}  // namespace carousel::platform::darwin
