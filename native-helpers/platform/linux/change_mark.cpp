#include "linux/change_mark.hpp"

#include <sstream>

#include "linux/sysfs.hpp"

namespace carousel::platform {

std::string change_mark_of(const struct stat& st) {
  const auto text = [](const timespec& time) { return std::to_string(time.tv_sec) + "." + std::to_string(time.tv_nsec); };
  // Some programs put the time of change back; nobody can set that of the last change of status.
  if (S_ISREG(st.st_mode)) return text(st.st_mtim) + " " + text(st.st_ctim);
  const std::string device = sysfs::name_of(st.st_rdev);
  // What goes to a partition by way of its disk is not counted, and nothing is where counting is switched off.
  if (sysfs::is_partition(device) || sysfs::attribute(device, "queue/iostats") != "1") return {};
  const auto start = sysfs::line(sysfs::root + "/proc/sys/kernel/random/boot_id");
  const auto sequence = sysfs::attribute(sysfs::whole_disk(device), "diskseq");
  const auto counts = sysfs::attribute(device, "stat");
  if (!start || !sequence || !counts) return {};
  std::istringstream numbers(*counts);
  std::string written;
  for (int i = 0; i < 7; ++i) numbers >> written;
  return numbers ? *start + " " + *sequence + " " + written : std::string();
}

}  // namespace carousel::platform
