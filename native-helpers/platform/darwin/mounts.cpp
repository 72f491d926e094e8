// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "darwin/mounts.hpp"

#include <DiskArbitration/DiskArbitration.h>
#include <sys/mount.h>
#include <sys/param.h>

#include <algorithm>
#include <array>

#include "darwin/media.hpp"
#include "darwin/owned.hpp"
#include "posix/own_program.hpp"

namespace carousel::platform::darwin {
namespace {

// A computer cannot go on without what is mounted here, whatever kind of drive it is. Below /System/Volumes lie the parts of the system:
// Data, VM, Preboot, Update and others.
constexpr std::array kSystemFolders = {"/",     "/private/var", "/private/var/vm", "/private/tmp", "/usr",   "/usr/local", "/opt",
                                       "/Users", "/Applications", "/Library",       "/System",      "/Volumes/Recovery"};
constexpr const char* kSystemVolumes = "/System/Volumes/";
/// Where swap files lie.
constexpr std::array kSwapFolders = {"/System/Volumes/VM", "/private/var/vm"};

bool is_system_folder(const std::string& point) {
  return point.starts_with(kSystemVolumes) || std::any_of(kSystemFolders.begin(), kSystemFolders.end(), [&](const char* f) { return point == f; });
}

/// Where the volume of a device is mounted as far as the daemon knows; empty if it is not.
std::string arbitrated_mount(DASessionRef session, const std::string& device) {
  const Owned<DADiskRef> disk(DADiskCreateFromBSDName(kCFAllocatorDefault, session, device.c_str()));
  if (!disk) return {};
  const Owned<CFDictionaryRef> described(DADiskCopyDescription(disk.get()));
  if (!described) return {};
  const auto url = static_cast<CFURLRef>(CFDictionaryGetValue(described.get(), kDADiskDescriptionVolumePathKey));
  UInt8 text[MAXPATHLEN];
  if (url == nullptr || !CFURLGetFileSystemRepresentation(url, true, text, sizeof text)) return {};
  return reinterpret_cast<const char*>(text);
}

bool is_writable(const std::string& point) {
  struct statfs info{};
  return statfs(point.c_str(), &info) != 0 || (info.f_flags & MNT_RDONLY) == 0;
}

}  // namespace

std::optional<std::vector<Mount>> mounts() {
  const int count = getfsstat(nullptr, 0, MNT_NOWAIT);
  if (count <= 0) return std::nullopt;
  std::vector<struct statfs> table(static_cast<std::size_t>(count) + 32);
  const int got = getfsstat(table.data(), static_cast<int>(table.size() * sizeof(struct statfs)), MNT_NOWAIT);
  if (got <= 0) return std::nullopt;
  const std::string program = device_of_path(own_program());
  std::vector<std::string> swap;
  for (const char* folder : kSwapFolders) swap.push_back(device_of_path(folder));

  std::vector<Mount> all;
  bool know_root = false;
  for (int i = 0; i < got; ++i) {
    const struct statfs& line = table[static_cast<std::size_t>(i)];
    Mount mount;
    mount.device = device_in_mount_table(line.f_mntfromname);
    if (mount.device.empty()) continue;
    mount.point = line.f_mntonname;
    mount.devices = below(mount.device);
    mount.writable = (line.f_flags & MNT_RDONLY) == 0;
    mount.swap = std::find(swap.begin(), swap.end(), mount.device) != swap.end();
    mount.system = mount.swap || mount.device == program || is_system_folder(mount.point);
    // / is a snapshot of a volume in a container on a partition of a disk: less than two devices is no answer.
    if (mount.point == "/") know_root = mount.devices.size() >= 2;
    all.push_back(std::move(mount));
  }
  if (!know_root) return std::nullopt;
  return all;
}

InUse in_use(const std::string& device) {
  InUse use;
  const std::vector<std::string> parts = above(device);
  const auto add = [&](const std::string& point, bool writable) {
    if (std::find(use.points.begin(), use.points.end(), point) == use.points.end()) use.points.push_back(point);
    use.writable = use.writable || writable;
  };
  if (const std::optional<std::vector<Mount>> all = mounts()) {
    const std::optional<Media> own = media_of(device);
    for (const Mount& mount : *all) {
      const bool here = std::find(parts.begin(), parts.end(), mount.device) != parts.end() || (own && mount.devices.contains(device_name(*own)));
      if (here) add(mount.point, mount.writable);
    }
  }
  const Owned<DASessionRef> session(DASessionCreate(kCFAllocatorDefault));
  if (!session) return use;
  for (const std::string& part : parts) {
    const std::string point = arbitrated_mount(session.get(), part);
    if (!point.empty()) add(point, is_writable(point));
  }
  return use;
}

}  // namespace carousel::platform::darwin
