#include "linux/system_places.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

namespace carousel::platform {
namespace {

// A computer cannot go on without anything that is mounted below these: a database under /var/lib, programs under /usr/local.
constexpr std::array kSystemTrees = {"/usr/", "/boot/", "/var/", "/etc/", "/opt/", "/nix/", "/gnu/", "/srv/", "/run/live/", "/lib/live/mount/"};

constexpr unsigned kFirstPerson = 1000;  // where login.defs lets people begin

}  // namespace

const std::vector<std::string>& system_folders() {
  static const std::vector<std::string> folders = {
      "/", "/usr", "/bin", "/sbin", "/lib", "/lib64", "/boot", "/boot/efi", "/boot/firmware", "/efi", "/esp", "/var", "/home", "/root", "/opt", "/etc", "/srv",
      "/nix", "/nix/store", "/gnu", "/gnu/store", "/sysroot", "/ostree",
      // Live systems, by what starts them: casper, live-boot, dracut, archiso.
      "/cdrom", "/isodevice", "/rofs", "/run/live/medium", "/run/initramfs/live", "/run/initramfs/isoscan", "/run/archiso/bootmnt", "/run/archiso/cowspace"};
  return folders;
}

bool is_system_mount(const std::string& point) {
  const std::vector<std::string>& folders = system_folders();
  if (std::find(folders.begin(), folders.end(), point) != folders.end()) return true;
  for (const char* tree : kSystemTrees) {
    if (point.starts_with(tree)) return !point.starts_with("/var/run/media/");
  }
  // Somebody's home on a file system of its own: /home/NAME, but not what is mounted inside it.
  return point.starts_with("/home/") && point.find('/', 6) == std::string::npos;
}

std::vector<std::string> homes_in(std::istream& passwd) {
  std::vector<std::string> homes;
  for (std::string line; std::getline(passwd, line);) {
    std::istringstream text(line);
    std::array<std::string, 7> fields;  // name:password:user:group:comment:home:shell
    for (std::string& field : fields) std::getline(text, field, ':');
    const std::string &number = fields[2], &home = fields[5];
    unsigned user = 0;
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), user);
    if (problem != std::errc() || end != number.data() + number.size() || (user != 0 && user < kFirstPerson)) continue;
    if (home.size() > 1 && home.front() == '/') homes.push_back(home);
  }
  return homes;
}

}  // namespace carousel::platform
