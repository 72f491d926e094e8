// Disks and partitions as the I/O registry knows them, named as in /dev ("disk4", "disk4s1"). Looking changes nothing.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace carousel::platform::darwin {

/// One IOMedia object: a disk, a partition, a volume of an APFS container.
struct Media {
  std::string name;
  std::uint64_t major = 0, minor = 0;
  std::uint64_t size = 0;
  std::uint32_t sector = 512, physical_sector = 512;
  std::uint64_t entry = 0;  ///< number in the registry: unique as long as the machine runs, a new one when plugged in again
  bool whole = false, removable = false, writable = false;
  std::string serial;       ///< of the drive, as it tells it: raw; empty where it tells none
};

std::optional<Media> media_of(const std::string& name);
/// Is the object with that number still there?
bool is_present(std::uint64_t entry);
/// The disk a partition lies on, or an APFS volume's container disk; itself for a disk.
std::optional<Media> whole_disk_of(const std::string& name);

/// "major:minor", as the safety rules name devices.
std::string device_name(const Media& media);
/// It and all its bytes are kept on: its disk, the partitions a container is made of and their disks, what holds a disk image's file.
std::set<std::string> below(const std::string& name);
/// It and all that is made of it: its partitions, the disks and volumes of containers on them. Names as in /dev.
std::vector<std::string> above(const std::string& name);
/// Disks made of it by something else than APFS (RAID, CoreStorage).
std::vector<std::string> holders(const std::string& name);
/// The file behind an attached disk image; empty for a real disk.
std::string image_file(const std::string& name);
/// All that are there now.
std::set<std::string> all_media();

/// The device a path lies on ("disk3s5"); empty for what lies on no disk.
std::string device_of_path(const std::string& path);
/// "disk3s5" out of what the mount table calls a device: "/dev/disk3s5", or "msdos://disk4s1/NAME" for file systems outside the kernel.
std::string device_in_mount_table(const std::string& from);

}  // namespace carousel::platform::darwin
