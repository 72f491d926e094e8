// Reading small facts from /sys about block devices, named by "major:minor".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace carousel::platform::sysfs {

/// What stands before /sys and /proc: empty, but for tests that bring a machine of their own as a folder. There a file
/// `device-of/PATH` holds the device number that PATH leads to, which a folder cannot have by itself.
extern std::string root;

/// /sys/dev/block/MAJOR:MINOR
std::string folder_of(const std::string& device);

/// The device a path lies on, or is; empty if there is no such path.
std::string device_of(const std::string& path);

/// "8:16" for a device number.
std::string name_of(dev_t device);

/// The first line of a file, without the line end; nothing if it cannot be read.
std::optional<std::string> line(const std::string& path);

/// The first line of /sys/dev/block/MAJOR:MINOR/ATTRIBUTE.
std::optional<std::string> attribute(const std::string& device, const std::string& attribute);

/// A whole number out of an attribute, or `otherwise`.
std::uint64_t number(const std::string& device, const std::string& attribute, std::uint64_t otherwise);

/// Names in a folder, sorted; none if there is no such folder.
std::vector<std::string> names_in(const std::string& folder);

bool is_partition(const std::string& device);

/// The whole disk a partition lies on; the device itself if it is one.
std::string whole_disk(const std::string& device);

/// `device` and every device its bytes are kept on: its disk, members of md and dm, the file systems below loop devices.
std::set<std::string> below(const std::string& device);

/// Devices stacked directly on it or on one of its partitions (md, dm, bcache), by kernel name.
std::vector<std::string> holders(const std::string& device);

}  // namespace carousel::platform::sysfs
