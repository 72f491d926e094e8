// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/inspect.hpp"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

#include "darwin/device_path.hpp"
#include "darwin/media.hpp"
#include "darwin/mounts.hpp"
#include "platform/rights.hpp"
#include "posix/protected_drives.hpp"

namespace carousel::platform {

using namespace darwin;

namespace {

/// Why this process, as whoever it acts for, may not; 0: it may.
int denied(const std::string& path, int how) { return faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) != 0 ? errno : 0; }

void ask_permissions(PathFacts& facts, const std::string& path) { facts.read_error = denied(path, R_OK), facts.write_error = denied(path, W_OK); }

std::string real_path(const std::string& path) {
  char real[PATH_MAX];
  return realpath(path.c_str(), real) != nullptr ? std::string(real) : std::string();
}

bool in_device_folder(const std::string& resolved) { return resolved.starts_with("/dev/"); }

Identity file_identity(const struct stat& st) {
  Identity id;
  id.major = static_cast<std::uint64_t>(major(st.st_dev)), id.minor = static_cast<std::uint64_t>(minor(st.st_dev)), id.inode = st.st_ino;
  return id;
}

void add_below(PathFacts& facts, const std::string& device) {
  const std::set<std::string> devices = below(device);
  facts.below.assign(devices.begin(), devices.end());
}

void look_at_missing(PathFacts& facts) {
  const std::size_t slash = facts.path.rfind('/');
  const std::string folder = slash == std::string::npos ? std::string() : real_path(slash == 0 ? "/" : facts.path.substr(0, slash));
  if (folder.empty() || slash + 1 == facts.path.size()) {
    facts.resolved = facts.path;
    facts.read_error = facts.write_error = ENOENT;
    return;
  }
  facts.resolved = (folder == "/" ? "" : folder) + facts.path.substr(slash);
  facts.read_error = ENOENT;
  facts.write_error = denied(folder, W_OK | X_OK);
  struct stat st{};
  if (lstat(facts.path.c_str(), &st) == 0) facts.write_error = ENOENT;  // a link that leads nowhere: no file is made under its name
  add_below(facts, device_of_path(folder));
}

/// The same place as on Linux; the system keeps /etc for administrators, too.
constexpr const char* kProtected = "/etc/carousel/protected";

void look_at_device(PathFacts& facts, const std::string& name, const struct stat& st) {
  facts.kind = PathKind::device;
  facts.resolved = node_of(name);
  facts.identity.device = true;
  facts.identity.major = static_cast<std::uint64_t>(major(st.st_rdev)), facts.identity.minor = static_cast<std::uint64_t>(minor(st.st_rdev));
  ask_permissions(facts, raw_node_of(name));
  facts.backs_system = true;  // until it is known that it does not
  const ProtectedList protects = read_protected_drives(kProtected);
  facts.protection_problem = protects.problem();
  const std::optional<Media> media = media_of(name), disk = whole_disk_of(name);
  if (!media || !disk) return;
  facts.identity.sequence = disk->entry;
  facts.serial = disk->serial;
  facts.protected_drive = protects.has(facts.serial, facts.wwn);
  facts.partition = !media->whole;
  facts.size = media->size;
  facts.sector = media->sector, facts.physical_sector = media->physical_sector;
  facts.read_only = !media->writable;
  facts.removable = disk->removable;
  facts.holders = holders(name);
  add_below(facts, name);
  if (const std::string image = image_file(name); !image.empty()) {
    struct stat backing{};
    if (stat(image.c_str(), &backing) == 0 && S_ISREG(backing.st_mode)) facts.backing = file_identity(backing);
  }
  InUse use = in_use(name);
  facts.mounts = std::move(use.points);
  facts.mounted_writable = use.writable;
  const std::optional<std::vector<Mount>> all = mounts();
  if (!all) return;
  facts.backs_system = false;
  for (const Mount& mount : *all) {
    if (!mount.devices.contains(device_name(*media))) continue;
    facts.swap = facts.swap || mount.swap;
    facts.backs_system = facts.backs_system || mount.system;
  }
}

}  // namespace

PathFacts inspect(const std::string& path) {
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
  if (const std::string name = disk_name(facts.resolved, st); !name.empty()) {
    look_at_device(facts, name, st);
    // For a caller with fewer rights drives are opened with the system's - but not read where the system itself lies.
    if (acting_for_caller() && !facts.backs_system) {
      const Raised raised;
      ask_permissions(facts, raw_node_of(name));
    }
    return facts;
  }
  ask_permissions(facts, facts.resolved);
  if (S_ISREG(st.st_mode)) {
    facts.kind = PathKind::file;
    facts.identity = file_identity(st);
    facts.size = static_cast<std::uint64_t>(st.st_size);
    facts.read_only = facts.write_error == EROFS;
    add_below(facts, device_of_path(facts.resolved));
  } else {
    facts.kind = PathKind::other;
  }
  return facts;
}

std::vector<PathFacts> inspect_all(const std::vector<std::string>& paths) {
  std::vector<PathFacts> found;
  for (const std::string& path : paths) found.push_back(inspect(path));
  return found;
}

}  // namespace carousel::platform
