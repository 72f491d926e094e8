// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "darwin/device_path.hpp"

namespace carousel::platform::darwin {
namespace {
constexpr const char* kNode = "/dev/disk";
constexpr const char* kRawNode = "/dev/rdisk";
}  // namespace

std::string disk_name(const std::string& resolved, const struct stat& st) {
  if (S_ISBLK(st.st_mode) && resolved.starts_with(kNode)) return resolved.substr(5);
  if (S_ISCHR(st.st_mode) && resolved.starts_with(kRawNode)) return resolved.substr(6);
  return {};
}

std::string node_of(const std::string& disk) { return "/dev/" + disk; }
std::string raw_node_of(const std::string& disk) { return "/dev/r" + disk; }

}  // namespace carousel::platform::darwin
