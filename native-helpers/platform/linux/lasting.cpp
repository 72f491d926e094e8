#include "linux/lasting.hpp"

#include <limits.h>
#include <stdlib.h>

#include <optional>

#include "linux/sysfs.hpp"

namespace carousel::platform {
namespace {

constexpr std::size_t kLongestName = 1024;

std::string stripped(const std::string& text) {
  const std::size_t from = text.find_first_not_of(" \t"), to = text.find_last_not_of(" \t");
  return from == std::string::npos ? std::string() : text.substr(from, to - from + 1).substr(0, kLongestName);
}

/// A line that says something: empty and all-zero serial numbers do not.
std::optional<std::string> told(const std::string& file) {
  const std::string text = stripped(sysfs::line(file).value_or(""));
  if (text.find_first_not_of("0 ") == std::string::npos) return std::nullopt;
  return text;
}

/// The folder of the USB device that a disk belongs to: the nearest one above it with a vendor number.
std::string usb_folder(std::string folder) {
  while (folder.size() > 1) {
    if (sysfs::line(folder + "/idVendor")) return folder;
    folder.resize(folder.rfind('/'));
  }
  return {};
}

}  // namespace

std::string lasting_name(const std::string& device) {
  const std::string folder = "/sys/dev/block/" + device;
  if (const auto file = sysfs::line(folder + "/loop/backing_file")) return "loop " + file->substr(0, kLongestName);
  if (const auto card = told(folder + "/device/cid")) return "card " + *card;
  char real[PATH_MAX];
  const std::string place = realpath((folder + "/device").c_str(), real) != nullptr ? real : "";
  if (const std::string usb = usb_folder(place); !usb.empty()) {
    // A card reader is one USB device with several drives: the last part of the SCSI address tells them apart.
    const std::string unit = place.substr(place.rfind(':') == std::string::npos ? place.size() : place.rfind(':'));
    const std::string kind = sysfs::line(usb + "/idVendor").value_or("") + ":" + sysfs::line(usb + "/idProduct").value_or("");
    if (const auto serial = told(usb + "/serial")) return "usb " + kind + " " + *serial + unit;
    return "usb port " + usb.substr(usb.rfind('/') + 1) + " " + kind + unit;
  }
  for (const char* name : {"/wwid", "/device/wwid", "/serial", "/device/serial"}) {
    if (const auto serial = told(folder + name)) return "disk " + *serial;
  }
  return {};
}

}  // namespace carousel::platform
