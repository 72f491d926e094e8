// /dev/disk4 and /dev/rdisk4 are the same disk: through the cache, and past it.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <sys/stat.h>

#include <string>

namespace carousel::platform::darwin {

/// "disk4" for the path of a disk's node of either kind, links resolved; empty for anything else.
std::string disk_name(const std::string& resolved, const struct stat& st);
/// The node to name: "/dev/disk4".
std::string node_of(const std::string& disk);
/// The node to read and write by, past the cache: "/dev/rdisk4".
std::string raw_node_of(const std::string& disk);

}  // namespace carousel::platform::darwin
