#include "linux/protected_drives.hpp"

#include <cerrno>
#include <fstream>

#include "linux/sysfs.hpp"

namespace carousel::platform {

std::optional<std::vector<std::string>> protected_drives() {
  constexpr std::size_t kMost = 4096;
  std::vector<std::string> drives;
  errno = 0;
  std::ifstream file(sysfs::root + "/etc/carousel/protected");
  if (!file) return errno == ENOENT || errno == ENOTDIR ? std::optional(drives) : std::nullopt;
  for (std::string line; std::getline(file, line);) {
    line.resize(line.find('#') == std::string::npos ? line.size() : line.find('#'));
    const std::size_t from = line.find_first_not_of(" \t\r"), to = line.find_last_not_of(" \t\r");
    if (from != std::string::npos) drives.push_back(line.substr(from, to - from + 1));
    if (drives.size() > kMost) return std::nullopt;
  }
  if (file.bad()) return std::nullopt;
  return drives;
}

}  // namespace carousel::platform
