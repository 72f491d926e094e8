// The kernel's table of mounts as text. Pure: nothing is asked of the system.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace carousel::platform {

/// One line of /proc/self/mountinfo (proc(5)), its escapes undone.
struct MountLine {
  std::string device;   ///< "major:minor"; "0:N" where the file system has no single device
  std::string point;
  std::string type, source;
  std::string options;  ///< the file system's own, as they stand in the table
  bool writable = false;
};

/// Lines without a mount point are left out.
std::vector<MountLine> read_mount_table(std::istream& in);

/// The kernel's tables write space, tab, newline and backslash as a backslash and three octal digits.
std::string unescape_mount(const std::string& text);

/// What the path lies on by its text: the mount at the longest of its folders, the newest of several there. Null if there is none.
const MountLine* mount_holding(const std::vector<MountLine>& table, const std::string& path);

/// The folders that an overlay is made of, from its options (`lowerdir`, `lowerdir+`, `datadir+`, `upperdir`; overlayfs of the kernel's documentation).
std::vector<std::string> overlay_layers(const std::string& options);

}  // namespace carousel::platform
