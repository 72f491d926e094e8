#include "platform/inspect.hpp"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "linux/change_mark.hpp"
#include "linux/drive_marks.hpp"
#include "linux/lasting.hpp"
#include "linux/mounts.hpp"
#include "linux/sysfs.hpp"
#include "platform/rights.hpp"
#include "posix/protected_drives.hpp"

namespace carousel::platform {
namespace {

std::string real_path(const std::string& path) {
  char real[PATH_MAX];
  return realpath(path.c_str(), real) != nullptr ? std::string(real) : std::string();
}

/// Where only device nodes belong: /dev, but not the shared memory folder that lies below it.
bool in_device_folder(const std::string& resolved) {
  return resolved.starts_with("/dev/") && !resolved.starts_with("/dev/shm/") && !resolved.starts_with("/dev/mqueue/");
}

/// Why this user, whoever the process acts as, may not do it; 0: may.
int denied(const std::string& path, int what) { return faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0 ? 0 : errno; }

Identity file_identity(const struct stat& st) {
  Identity id;
  id.major = major(st.st_dev), id.minor = minor(st.st_dev), id.inode = st.st_ino;
  return id;
}

void look_at_missing(PathFacts& facts) {
  const std::size_t slash = facts.path.rfind('/');
  const std::string folder = real_path(slash == 0 ? "/" : facts.path.substr(0, slash));
  if (folder.empty() || slash + 1 == facts.path.size()) {
    facts.resolved = facts.path;
    facts.read_error = facts.write_error = ENOENT;
    return;
  }
  facts.resolved = (folder == "/" ? "" : folder) + facts.path.substr(slash);
  facts.read_error = ENOENT;
  facts.lasting = "file " + facts.resolved;
  facts.write_error = denied(folder, W_OK | X_OK);
  struct stat st{};
  if (lstat(facts.path.c_str(), &st) == 0) facts.write_error = ENOENT;  // a link that leads nowhere: no file is made under its name
  if (stat(folder.c_str(), &st) == 0) {
    const auto below = sysfs::below(sysfs::name_of(st.st_dev));
    facts.below.assign(below.begin(), below.end());
  }
}

/// The file behind a loop device; no inode if it is none, or that file has no name any more.
Identity backing_of(const std::string& device) {
  const auto file = sysfs::attribute(device, "loop/backing_file");
  struct stat st{};
  return file && stat(file->c_str(), &st) == 0 && S_ISREG(st.st_mode) ? file_identity(st) : Identity();
}

/// Does it keep its bytes in this file, by way of a loop device?
bool lies_in(const Use& use, const Identity& file) {
  return std::any_of(use.devices.begin(), use.devices.end(), [&](const std::string& device) { return backing_of(device) == file; });
}

/// What is the same for every drive of one look, read when the first drive asks for it.
class Surroundings {
 public:
  const std::vector<Use>& uses() {
    if (!uses_) uses_ = uses_of_devices();
    return *uses_;
  }
  const ProtectedList& protects() {
    if (!list_) list_ = read_protected_drives(sysfs::root + "/etc/carousel/protected");
    return *list_;
  }

 private:
  std::optional<std::vector<Use>> uses_;
  std::optional<ProtectedList> list_;
};

void take_use(PathFacts& facts, const Use& use) {
  if (!use.mount_point.empty()) facts.mounts.push_back(use.mount_point);
  facts.mounted_writable = facts.mounted_writable || (use.writable && !use.mount_point.empty());
  facts.swap = facts.swap || use.swap;
  facts.backs_system = facts.backs_system || use.system;
}

void look_at_device(PathFacts& facts, const struct stat& st, Surroundings& around) {
  const Raised raised;  // what a drive rests on must be seen wherever it lies; nothing is opened for it
  const std::string device = sysfs::name_of(st.st_rdev);
  facts.kind = PathKind::device;
  facts.identity.device = true;
  facts.identity.major = major(st.st_rdev), facts.identity.minor = minor(st.st_rdev);
  facts.identity.sequence = sysfs::number(sysfs::whole_disk(device), "diskseq", 0);
  facts.partition = sysfs::is_partition(device);
  facts.lasting = facts.partition ? std::string() : lasting_name(device);
  facts.size = sysfs::number(device, "size", 0) * 512;  // always counted in 512-byte units
  const std::string disk = sysfs::whole_disk(device);
  facts.sector = static_cast<std::uint32_t>(sysfs::number(disk, "queue/logical_block_size", 512));
  facts.physical_sector = static_cast<std::uint32_t>(sysfs::number(disk, "queue/physical_block_size", 512));
  facts.read_only = sysfs::number(device, "ro", 0) != 0;
  facts.removable = sysfs::number(disk, "removable", 0) != 0;
  DriveMarks marks = marks_of(disk);
  facts.bus_path = std::move(marks.bus_path), facts.serial = std::move(marks.serial), facts.wwn = std::move(marks.wwn);
  facts.protected_drive = around.protects().has(facts.serial, facts.wwn);
  facts.protection_problem = around.protects().problem();
  facts.holders = sysfs::holders(device);
  facts.backing = backing_of(device);
  if (sysfs::attribute(device, "loop/backing_file")) facts.removable = true;  // a file in disguise, however fixed the kernel calls it
  const auto below = sysfs::below(device);
  facts.below.assign(below.begin(), below.end());
  for (const Use& use : around.uses()) {
    if (use.devices.contains(device)) take_use(facts, use);
  }
}

PathFacts look_at(const std::string& path, Surroundings& around) {
  PathFacts facts;
  facts.path = path;
  facts.resolved = real_path(path);
  struct stat st{};
  const int error = facts.resolved.empty() || stat(facts.resolved.c_str(), &st) != 0 ? errno : 0;
  if (error == ENOENT || error == ENOTDIR) {
    look_at_missing(facts);
    facts.in_device_folder = in_device_folder(facts.resolved);
    return facts;
  }
  if (error != 0) {
    facts.resolved = path;
    facts.kind = PathKind::other;
    facts.read_error = facts.write_error = error;
    return facts;
  }
  facts.in_device_folder = in_device_folder(facts.resolved);
  if (S_ISBLK(st.st_mode) || S_ISREG(st.st_mode)) facts.change_mark = change_mark_of(st);
  facts.read_error = denied(facts.resolved, R_OK), facts.write_error = denied(facts.resolved, W_OK);
  if (S_ISBLK(st.st_mode)) {
    look_at_device(facts, st, around);
    // For a caller with fewer rights drives are opened with the system's - but not read where the system itself lies.
    if (acting_for_caller() && !facts.backs_system) {
      const Raised raised;
      facts.read_error = denied(facts.resolved, R_OK), facts.write_error = denied(facts.resolved, W_OK);
    }
  } else if (S_ISREG(st.st_mode)) {
    facts.kind = PathKind::file;
    facts.identity = file_identity(st);
    facts.lasting = "file " + facts.resolved;
    facts.modified_ns = static_cast<std::uint64_t>(st.st_mtim.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(st.st_mtim.tv_nsec);
    facts.size = static_cast<std::uint64_t>(st.st_size);
    facts.read_only = facts.write_error == EROFS;
    const auto below = sysfs::below(sysfs::name_of(st.st_dev));
    facts.below.assign(below.begin(), below.end());
    for (const Use& use : around.uses()) {
      if (lies_in(use, facts.identity)) take_use(facts, use);
    }
  } else {
    facts.kind = PathKind::other;
  }
  return facts;
}

}  // namespace

PathFacts inspect(const std::string& path) {
  Surroundings around;
  return look_at(path, around);
}

std::vector<PathFacts> inspect_all(const std::vector<std::string>& paths) {
  Surroundings around;
  std::vector<PathFacts> found;
  found.reserve(paths.size());
  for (const std::string& path : paths) found.push_back(look_at(path, around));
  return found;
}

}  // namespace carousel::platform
