#include "linux/protected_drives.hpp"

#include <stdlib.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string_view>

#include "linux/sysfs.hpp"
#include "platform/inspect.hpp"

namespace carousel::platform {
namespace {

/// What a person protects, one a line: it reaches every process of a job with the environment. It can only add to the administrator's list.
constexpr const char* kPersons = "CAROUSEL_PROTECTED";
constexpr std::size_t kMost = 4096;

/// The same serial number as the kernel and as udev write it, which puts `_` for blanks.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '_' || c == '\t' || c == '\r';
    if (!blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

bool add(std::vector<std::string>& drives, std::string_view line) {
  std::string mark = plain(line);
  if (!mark.empty()) drives.push_back(std::move(mark));
  return drives.size() <= kMost;
}

bool read_administrators(std::vector<std::string>& drives) {
  errno = 0;
  std::ifstream file(sysfs::root + "/etc/carousel/protected");
  if (!file) return errno == ENOENT || errno == ENOTDIR;
  for (std::string line; std::getline(file, line);) {
    if (!add(drives, std::string_view(line).substr(0, line.find('#')))) return false;
  }
  return !file.bad();
}

bool read_persons(std::vector<std::string>& drives) {
  const char* const list = getenv(kPersons);
  for (std::string_view left(list != nullptr ? list : ""); !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    if (!add(drives, left.substr(0, end))) return false;
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return true;
}

}  // namespace

ProtectedDrives ProtectedDrives::read() {
  ProtectedDrives list;
  list.known_ = read_administrators(list.drives_) && read_persons(list.drives_);
  return list;
}

bool ProtectedDrives::has(const std::string& serial, const std::string& wwn) const {
  if (!known_) return true;
  const std::string marks[] = {plain(serial), plain(wwn)};
  return std::any_of(drives_.begin(), drives_.end(), [&](const std::string& one) { return one == marks[0] || one == marks[1]; });
}

Status protect_also(const std::vector<std::string>& drives) {
  std::string list;
  for (const std::string& one : drives) list += one + "\n";
  if (setenv(kPersons, list.c_str(), 1) != 0) return Error{Code::internal, "the list of protected drives cannot be passed on"};
  return {};
}

}  // namespace carousel::platform
