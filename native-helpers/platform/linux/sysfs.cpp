#include "linux/sysfs.hpp"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <memory>

namespace carousel::platform::sysfs {

std::string root;

namespace {

void add_below(const std::string& device, std::set<std::string>& found) {
  if (!found.insert(device).second) return;
  const std::string folder = folder_of(device);
  if (is_partition(device)) add_below(whole_disk(device), found);
  for (const std::string& member : names_in(folder + "/slaves")) {
    if (const auto number = line(folder + "/slaves/" + member + "/dev")) add_below(*number, found);
  }
  if (const auto file = line(folder + "/loop/backing_file")) {
    // A loop device over another block device, or over a file in a file system.
    if (const std::string under = device_of(*file); !under.empty()) add_below(under, found);
  }
}

}  // namespace

std::string folder_of(const std::string& device) { return root + "/sys/dev/block/" + device; }

std::string name_of(dev_t device) { return std::to_string(major(device)) + ":" + std::to_string(minor(device)); }

std::string device_of(const std::string& path) {
  if (!root.empty()) return line(root + "/device-of" + path).value_or("");
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) return {};
  return name_of(S_ISBLK(st.st_mode) ? st.st_rdev : st.st_dev);
}

std::optional<std::string> line(const std::string& path) {
  std::ifstream in(path);
  std::string text;
  if (!std::getline(in, text)) return std::nullopt;
  return text;
}

std::optional<std::string> attribute(const std::string& device, const std::string& attribute) {
  return line(folder_of(device) + "/" + attribute);
}

std::uint64_t number(const std::string& device, const std::string& name, std::uint64_t otherwise) {
  const std::optional<std::string> text = attribute(device, name);
  std::uint64_t value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return otherwise;
  return value;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(folder.c_str()), closedir);
  if (!dir) return names;
  while (const dirent* entry = readdir(dir.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_partition(const std::string& device) { return attribute(device, "partition").has_value(); }

std::string whole_disk(const std::string& device) {
  if (!is_partition(device)) return device;
  // /sys/dev/block/8:17 is a link to .../block/sdb/sdb1; the folder above it is the disk.
  char real[PATH_MAX];
  if (realpath(folder_of(device).c_str(), real) == nullptr) return device;
  const std::string path(real);
  return line(path.substr(0, path.rfind('/')) + "/dev").value_or(device);
}

std::set<std::string> below(const std::string& device) {
  std::set<std::string> found;
  add_below(device, found);
  return found;
}

std::vector<std::string> holders(const std::string& device) {
  std::vector<std::string> found = names_in(folder_of(device) + "/holders");
  for (const std::string& name : names_in(folder_of(device))) {
    if (!line(folder_of(device) + "/" + name + "/partition")) continue;
    for (std::string& holder : names_in(folder_of(device) + "/" + name + "/holders")) found.push_back(std::move(holder));
  }
  return found;
}

}  // namespace carousel::platform::sysfs
