// File systems that lie on several devices: which devices these are, by what the kernel and udev tell. Nothing is opened for it.
#pragma once

#include <set>
#include <string>

namespace carousel::platform {

/// "major:minor" of all devices of the btrfs file system that has `member`; of every btrfs if none has it (the mount may name it by a path that
/// is not there any more). From /sys/fs/btrfs.
std::set<std::string> btrfs_members(const std::string& member);

/// The same for bcachefs, by any of its devices. From /sys/fs/bcachefs.
std::set<std::string> bcachefs_members(const std::set<std::string>& some);

/// Devices of a ZFS pool. ZFS names no devices, so they are told by their signature as udev has read it: those that say they are of this pool, and
/// also those of which it cannot be told (no name in the signature, a partition made for ZFS, nothing from udev). An empty `pool` may be any.
std::set<std::string> zfs_members(const std::string& pool);

/// Is the device a volume of a ZFS pool ("zd0")?
bool is_zfs_volume(const std::string& device);
/// The pool of such a volume; empty if udev does not tell.
std::string pool_of_volume(const std::string& device);

}  // namespace carousel::platform
