#include "linux/pools.hpp"

#include <limits.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <optional>

#include "linux/sysfs.hpp"

namespace carousel::platform {
namespace {

/// Partition type of the parts that ZFS makes on a disk it is given as a whole (blkid: ID_PART_ENTRY_TYPE).
constexpr std::string_view kZfsPartition = "6a898cc3-1dd2-11b2-99a6-080020736631";
/// Made by the kernel out of files and memory; udev may know nothing of them, and no pool of a running system lies on them.
constexpr std::array kNeverInPool = {"loop", "ram", "zram", "zd", "sr", "fd"};

/// The kernel's name of a device: "sdb1".
std::string kernel_name(const std::string& device) {
  char real[PATH_MAX];
  if (realpath(sysfs::folder_of(device).c_str(), real) == nullptr) return {};
  const std::string folder(real);
  return folder.substr(folder.rfind('/') + 1);
}

using Members = std::set<std::string>;

/// All of the file system that has one of `some`; all there are if none has.
Members those_with(const std::vector<Members>& all, const Members& some) {
  Members found, every;
  for (const Members& one : all) {
    const bool ours = std::any_of(some.begin(), some.end(), [&](const std::string& device) { return one.contains(device); });
    if (ours) found.insert(one.begin(), one.end());
    every.insert(one.begin(), one.end());
  }
  return found.empty() ? every : found;
}

/// What udev has read of a device: its properties (`E:`) and links (`S:`); nothing if it knows nothing of it.
struct Known {
  std::map<std::string, std::string> properties;
  std::vector<std::string> links;
};
std::optional<Known> known_of(const std::string& device) {
  std::ifstream in(sysfs::root + "/run/udev/data/b" + device);
  if (!in) return std::nullopt;
  Known known;
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find('=');
    if (line.starts_with("E:") && equals != std::string::npos) known.properties[line.substr(2, equals - 2)] = line.substr(equals + 1);
    if (line.starts_with("S:")) known.links.push_back(line.substr(2));
  }
  return known;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

/// udev writes what is no plain letter as `\xNN`.
std::string decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text.compare(i, 2, "\\x") == 0 && i + 3 < text.size() && hex_digit(text[i + 2]) >= 0 && hex_digit(text[i + 3]) >= 0;
    out += escape ? static_cast<char>(hex_digit(text[i + 2]) * 16 + hex_digit(text[i + 3])) : text[i];
    if (escape) i += 3;
  }
  return out;
}

bool may_be_of_pool(const std::string& device, const std::string& pool) {
  const std::optional<Known> known = known_of(device);
  if (!known) {
    const std::string name = kernel_name(device);
    return std::none_of(kNeverInPool.begin(), kNeverInPool.end(), [&](const char* kind) { return name.starts_with(kind); });
  }
  const auto text = [&](const char* key) {
    const auto found = known->properties.find(key);
    return found == known->properties.end() ? std::string() : found->second;
  };
  const std::string type = text("ID_FS_TYPE");
  if (type.empty()) return text("ID_PART_ENTRY_TYPE") == kZfsPartition;
  if (type != "zfs_member") return false;
  const std::string name = decoded(text("ID_FS_LABEL_ENC"));  // its pool; spares and caches have none
  return pool.empty() || name.empty() || name == pool;
}

}  // namespace

std::set<std::string> btrfs_members(const std::string& member) {
  std::vector<Members> all;
  for (const std::string& id : sysfs::names_in(sysfs::root + "/sys/fs/btrfs")) {
    const std::string folder = sysfs::root + "/sys/fs/btrfs/" + id + "/devices";
    Members& one = all.emplace_back();
    for (const std::string& name : sysfs::names_in(folder)) {
      if (const auto number = sysfs::line(folder + "/" + name + "/dev")) one.insert(*number);
    }
  }
  return those_with(all, {member});
}

std::set<std::string> bcachefs_members(const std::set<std::string>& some) {
  std::vector<Members> all;
  for (const std::string& id : sysfs::names_in(sysfs::root + "/sys/fs/bcachefs")) {
    const std::string folder = sysfs::root + "/sys/fs/bcachefs/" + id;
    Members& one = all.emplace_back();
    for (const std::string& name : sysfs::names_in(folder)) {
      if (!name.starts_with("dev-")) continue;
      if (const auto number = sysfs::line(folder + "/" + name + "/block/dev")) one.insert(*number);
    }
  }
  return those_with(all, some);
}

std::set<std::string> zfs_members(const std::string& pool) {
  std::set<std::string> members;
  for (const std::string& device : sysfs::names_in(sysfs::root + "/sys/dev/block")) {
    if (may_be_of_pool(device, pool)) members.insert(device);
  }
  return members;
}

bool is_zfs_volume(const std::string& device) { return kernel_name(device).starts_with("zd"); }

std::string pool_of_volume(const std::string& device) {
  const std::string start = "zvol/";
  const std::optional<Known> known = known_of(device);
  if (!known) return {};
  for (const std::string& link : known->links) {
    if (link.starts_with(start)) return link.substr(start.size(), link.find('/', start.size()) - start.size());
  }
  return {};
}

}  // namespace carousel::platform
