#include "linux/mounts.hpp"

#include <limits.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "linux/mount_table.hpp"
#include "linux/pools.hpp"
#include "linux/sysfs.hpp"
#include "linux/system_places.hpp"

namespace carousel::platform {
namespace {

using Table = std::vector<MountLine>;

/// File systems that live systems have their programs in, as one file on the medium.
constexpr std::array kImages = {"squashfs", "erofs", "cramfs", "iso9660", "udf"};

/// Where a path leads; empty if there is nothing, itself if it may not be followed.
std::string followed(const std::string& path) {
  char real[PATH_MAX];
  if (realpath((sysfs::root + path).c_str(), real) == nullptr) return errno == ENOENT || errno == ENOTDIR ? std::string() : path;
  const std::string found(real);
  return found.starts_with(sysfs::root) && found.size() > sysfs::root.size() ? found.substr(sysfs::root.size()) : path;
}

/// Follows mounts down to the block devices that hold their bytes, each mount once.
class Walk {
 public:
  explicit Walk(const Table& table) : table_(table) {}

  void device(const std::string& number) {
    if (number.empty()) return;
    for (const std::string& one : sysfs::below(number)) {
      if (!found_.insert(one).second) continue;
      if (one.starts_with("0:")) numbered(one);
      if (const auto file = sysfs::attribute(one, "loop/backing_file")) path(*file);
      if (is_zfs_volume(one)) all(zfs_members(pool_of_volume(one)));
    }
  }

  /// What the file or folder lies on.
  void path(const std::string& where) {
    const std::string number = sysfs::device_of(where);
    device(number);
    if (!number.empty() && !number.starts_with("0:")) return;
    // An invented number need not be that of a mount (btrfs has one for each subvolume): where the path lies tells.
    if (const MountLine* line = mount_holding(table_, where)) mount(*line);
  }

  void mount(const MountLine& line) {
    if (std::find(seen_.begin(), seen_.end(), &line) != seen_.end()) return;
    seen_.push_back(&line);
    device(line.device);
    if (line.type == "overlay") return overlay(line);
    if (line.type == "zfs") return all(zfs_members(line.source.substr(0, line.source.find_first_of("/@"))));
    if (line.type == "bcachefs") return bcachefs(line);
    // btrfs and some others carry an invented number 0:N; a device is in the source field then.
    const std::string source = line.source.starts_with("/") ? sysfs::device_of(line.source) : std::string();
    if (line.device.starts_with("0:")) device(source);
    if (line.type == "btrfs") all(btrfs_members(source));
  }

  std::set<std::string> take() { return std::move(found_); }

 private:
  void all(const std::set<std::string>& members) {
    for (const std::string& one : members) device(one);
  }

  void numbered(const std::string& number) {
    for (const MountLine& line : table_) {
      if (line.device == number) mount(line);
    }
  }

  /// The source is all of its devices: "/dev/sda1:/dev/sdb1".
  void bcachefs(const MountLine& line) {
    std::set<std::string> named;
    std::istringstream list(line.source);
    for (std::string one; std::getline(list, one, ':');) {
      if (one.starts_with("/")) named.insert(sysfs::device_of(one));
    }
    named.erase("");
    all(named);
    all(bcachefs_members(named));
  }

  /// An overlay (as live systems use it for /) rests on the folders it is made of.
  void overlay(const MountLine& line) {
    bool hidden = false;
    for (const std::string& layer : overlay_layers(line.options)) {
      hidden = hidden || sysfs::device_of(layer).empty();
      path(layer);
    }
    // A layer of / by a name from before / was mounted: it is one of the images that are mounted, and nobody can tell which.
    if (!hidden || line.point != "/") return;
    for (const MountLine& other : table_) {
      if (std::any_of(kImages.begin(), kImages.end(), [&](const char* type) { return other.type == type; })) mount(other);
    }
  }

  const Table& table_;
  std::vector<const MountLine*> seen_;
  std::set<std::string> found_;
};

/// Mounts that the system needs by what lies on them: its folders and people's homes, wherever links lead.
std::vector<const MountLine*> mounts_needed(const Table& table) {
  std::vector<std::string> places = system_folders();
  std::ifstream passwd(sysfs::root + "/etc/passwd");
  for (std::string& home : homes_in(passwd)) places.push_back(std::move(home));
  std::vector<const MountLine*> needed;
  for (const std::string& place : places) {
    const std::string real = followed(place);
    if (!real.empty()) needed.push_back(mount_holding(table, real));
  }
  return needed;
}

Table mounted_now() {
  std::ifstream in(sysfs::root + "/proc/self/mountinfo");
  return read_mount_table(in);
}

void add_swaps(const Table& table, std::vector<Use>& uses) {
  std::ifstream swaps(sysfs::root + "/proc/swaps");
  std::string line;
  std::getline(swaps, line);  // the heading
  while (std::getline(swaps, line)) {
    Walk walk(table);
    walk.path(unescape_mount(line.substr(0, line.find_first_of(" \t"))));
    Use use;
    use.swap = use.system = use.writable = true;
    use.devices = walk.take();
    uses.push_back(std::move(use));
  }
}

}  // namespace

std::vector<Use> uses_of_devices() {
  const Table table = mounted_now();
  const std::vector<const MountLine*> needed = mounts_needed(table);
  std::vector<Use> uses;
  for (const MountLine& line : table) {
    Walk walk(table);
    walk.mount(line);
    Use use;
    use.mount_point = line.point;
    use.writable = line.writable;
    use.system = is_system_mount(line.point) || std::find(needed.begin(), needed.end(), &line) != needed.end();
    use.devices = walk.take();
    uses.push_back(std::move(use));
  }
  add_swaps(table, uses);

  Walk walk(table);  // the file system this program runs from
  walk.device(sysfs::device_of("/proc/self/exe"));
  Use program;
  program.system = true;
  program.devices = walk.take();
  uses.push_back(std::move(program));
  return uses;
}

}  // namespace carousel::platform
