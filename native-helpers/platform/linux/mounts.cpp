#include "linux/mounts.hpp"

#include <array>
#include <fstream>
#include <sstream>

#include "linux/sysfs.hpp"

namespace carousel::platform {

using sysfs::device_of;

namespace {

// A computer cannot go on without what is mounted here, whatever kind of drive it is.
constexpr std::array kSystemFolders = {"/",    "/usr", "/boot", "/boot/efi", "/boot/firmware", "/efi", "/var",
                                       "/home", "/opt", "/etc",  "/nix",      "/nix/store",     "/sysroot", "/root"};

// ... nor without anything that is mounted below these: a database under /var/lib, programs under /usr/local.
constexpr std::array kSystemTrees = {"/usr/", "/boot/", "/var/", "/etc/", "/opt/", "/nix/", "/srv/"};

bool is_system_folder(const std::string& mount_point) {
  for (const char* folder : kSystemFolders) {
    if (mount_point == folder) return true;
  }
  for (const char* tree : kSystemTrees) {
    if (mount_point.starts_with(tree)) return !mount_point.starts_with("/var/run/media/");
  }
  // Somebody's home on a file system of its own: /home/NAME, but not what is mounted inside it.
  return mount_point.starts_with("/home/") && mount_point.find('/', 6) == std::string::npos;
}

/// mountinfo writes space, tab, newline and backslash as three octal digits.
std::string unescape(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

void add(std::set<std::string>& to, const std::string& device) {
  if (!device.empty()) to.merge(sysfs::below(device));
}

/// A btrfs file system may lie on several devices, and mountinfo names only one of them.
void add_btrfs_members(std::set<std::string>& to, const std::string& source) {
  const std::string kernel_name = source.substr(source.rfind('/') + 1);
  for (const std::string& id : sysfs::names_in(sysfs::root + "/sys/fs/btrfs")) {
    const std::string folder = sysfs::root + "/sys/fs/btrfs/" + id + "/devices";
    const std::vector<std::string> members = sysfs::names_in(folder);
    bool ours = false;
    for (const std::string& member : members) ours = ours || member == kernel_name;
    if (!ours) continue;
    for (const std::string& member : members) add(to, sysfs::line(folder + "/" + member + "/dev").value_or(""));
  }
}

/// An overlay (as live systems use it for /) rests on the folders it is made of.
void add_overlay_layers(std::set<std::string>& to, const std::string& options) {
  std::stringstream all(options);
  for (std::string option; std::getline(all, option, ',');) {
    const std::size_t equals = option.find('=');
    const std::string key = option.substr(0, equals);
    if (equals == std::string::npos || (key != "lowerdir" && key != "upperdir" && key != "lowerdir+")) continue;
    std::stringstream layers(option.substr(equals + 1));
    for (std::string layer; std::getline(layers, layer, ':');) {
      if (!layer.empty()) add(to, device_of(unescape(layer)));
    }
  }
}

Use use_of_mount(const std::string& line) {
  std::istringstream in(line);
  std::string id, parent, device, root, point, options, field, type, source, super;
  in >> id >> parent >> device >> root >> point >> options;
  while (in >> field && field != "-") {
  }
  in >> type >> source >> super;
  Use use;
  use.mount_point = unescape(point);
  use.writable = (options + ",").find("rw,") == 0;
  use.system = is_system_folder(use.mount_point);
  source = unescape(source);
  add(use.devices, device);
  // btrfs and some others carry an invented number 0:N; the device is in the source field then.
  if (device.starts_with("0:") && source.starts_with("/")) add(use.devices, device_of(source));
  if (type == "btrfs") add_btrfs_members(use.devices, source);
  if (type == "overlay") add_overlay_layers(use.devices, super);
  return use;
}

}  // namespace

std::vector<Use> uses_of_devices() {
  std::vector<Use> uses;
  std::ifstream mounts(sysfs::root + "/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) uses.push_back(use_of_mount(line));

  std::ifstream swaps(sysfs::root + "/proc/swaps");
  std::string line;
  std::getline(swaps, line);  // the heading
  while (std::getline(swaps, line)) {
    Use use;
    use.swap = use.system = use.writable = true;
    add(use.devices, device_of(unescape(line.substr(0, line.find_first_of(" \t")))));
    uses.push_back(std::move(use));
  }

  Use program;  // the file system this program runs from
  program.system = true;
  add(program.devices, device_of("/proc/self/exe"));
  uses.push_back(std::move(program));
  return uses;
}

}  // namespace carousel::platform
