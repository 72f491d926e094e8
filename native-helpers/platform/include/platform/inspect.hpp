// Facts about a path, for the safety rules. Looking changes nothing on the device.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/block_file.hpp"

namespace carousel::platform {

enum class PathKind { missing, device, file, other };

/// What can be known about a path before anything is opened for writing.
struct PathFacts {
  std::string path;                 ///< as given
  std::string resolved;             ///< symbolic links resolved; for a missing file: its resolved folder plus the name
  PathKind kind = PathKind::missing;
  int read_error = 0, write_error = 0;  ///< why this user may not read or write it (system error number), 0: may
  Identity identity;
  std::string lasting;              ///< the same after a pull or a restart: a serial number, a port, a file's path; empty if nothing is known
  std::uint64_t modified_ns = 0;    ///< files only: time of the last change, 0 if unknown
  std::string change_mark;          ///< see BlockFile::change_mark(); empty where the system cannot tell
  std::uint64_t size = 0;           ///< bytes
  std::uint32_t sector = 512, physical_sector = 512;
  /// Where it is plugged in, in the system's own words, its serial number and its world-wide name: raw bytes of the drive, empty where the
  /// system tells none.
  std::string bus_path, serial, wwn;
  bool protected_drive = false;     ///< on the administrator's list or the person's
  std::string protection_problem;   ///< devices: why it cannot be known whether it is on one; empty if it is known
  bool read_only = false;
  bool removable = false;
  bool partition = false;
  bool in_device_folder = false;    ///< the path lies where only device nodes belong: a missing one is never created
  std::vector<std::string> mounts;  ///< mount points of the device, its partitions and everything stacked on them; of what lies in a file
  bool mounted_writable = false;
  bool swap = false;                ///< holds swap that is in use
  bool backs_system = false;        ///< /, /usr, /boot, /var, /home, swap or this program needs it
  std::vector<std::string> holders; ///< devices stacked on it (md, dm) that are in use
  Identity backing;                 ///< loop devices only: the file behind them
  /// Block devices ("major:minor") whose bytes it is made of: for a device itself and all below it, for a file those of its file system.
  std::vector<std::string> below;
};

PathFacts inspect(const std::string& path);

/// The same for many paths, in their order; what the computer uses its drives for is read once for all of them.
std::vector<PathFacts> inspect_all(const std::vector<std::string>& paths);

/// Drives with these serial numbers or world-wide names are protected, too, for this process and all that it starts from here on; every drive, where
/// `ProtectedList::kNotKnown` is among them.
Status protect_also(const std::vector<std::string>& drives);

}  // namespace carousel::platform
