#include "linux/drive_marks.hpp"

#include <limits.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>

#include "linux/sysfs.hpp"

namespace carousel::platform {
namespace {

constexpr std::size_t kLongest = 256;

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\0' || c == '\n'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  std::size_t start = 0;
  while (start < text.size() && blank(text[start])) ++start;
  return text.substr(start, kLongest);
}

/// SCSI's page 0x80: four bytes of heading, then the serial number (SPC-4 7.8.15).
std::string unit_serial(const std::string& folder) {
  std::ifstream in(folder + "/device/vpd_pg80", std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return page.size() > 4 ? trimmed(page.substr(4)) : std::string();
}

/// The USB device above the disk; empty if there is none.
std::string usb_above(std::string folder) {
  for (; folder.find("/devices/") != std::string::npos; folder.resize(folder.rfind('/'))) {
    if (sysfs::line(folder + "/idVendor")) return folder;
  }
  return {};
}

std::string first_of(std::initializer_list<std::string> files) {
  for (const std::string& file : files) {
    if (const auto text = sysfs::line(file); text && !trimmed(*text).empty()) return trimmed(*text);
  }
  return {};
}

}  // namespace

DriveMarks marks_of(const std::string& device) {
  DriveMarks marks;
  const std::string link = sysfs::folder_of(device);
  char real[PATH_MAX];
  if (realpath(link.c_str(), real) == nullptr) return marks;
  const std::string folder(real);
  const std::size_t devices = folder.find("/devices/");
  if (devices != std::string::npos) marks.bus_path = folder.substr(devices + 9).substr(0, folder.rfind("/block/") - devices - 9);
  if (const auto file = sysfs::line(folder + "/loop/backing_file")) marks.bus_path += " " + *file;
  const std::string usb = usb_above(folder);
  // Behind a USB bridge every stick may say the same; the bridge itself knows better.
  if (!usb.empty()) marks.serial = first_of({usb + "/serial"});
  if (marks.serial.empty()) marks.serial = first_of({folder + "/serial", folder + "/device/serial"});
  if (marks.serial.empty()) marks.serial = unit_serial(folder);
  marks.wwn = first_of({folder + "/wwid", folder + "/device/wwid", folder + "/device/cid"});
  return marks;
}

}  // namespace carousel::platform
