// The kernel's own uevents over netlink (NETLINK_KOBJECT_UEVENT, group 1): there without udev, and open to every user.
#include "platform/device_watcher.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "platform/endpoint.hpp"
#include "platform/system_error.hpp"

namespace carousel::platform {
namespace {

constexpr std::uint32_t kKernelGroup = 1;

/// "ACTION@PATH\0KEY=VALUE\0..." as the kernel writes it (Documentation/core-api/kobject.rst).
std::optional<DeviceChange> parse(std::string_view message) {
  DeviceChange change;
  bool block = false;
  while (!message.empty()) {
    const std::string_view field = message.substr(0, message.find('\0'));
    message.remove_prefix(std::min(message.size(), field.size() + 1));
    if (field == "SUBSYSTEM=block") block = true;
    if (field.starts_with("ACTION=")) change.action = field.substr(7);
    if (field.starts_with("DEVNAME=")) change.device = field.substr(8);
  }
  if (change.device.starts_with("/dev/")) change.device.erase(0, 5);
  const bool known = change.action == "add" || change.action == "remove" || change.action == "change";
  if (!block || !known || change.device.empty()) return std::nullopt;
  return change;
}

}  // namespace

Result<DeviceWatcher> DeviceWatcher::open() {
  DeviceWatcher watcher;
  watcher.socket_ = Handle(socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = kKernelGroup;
  const int fd = static_cast<int>(watcher.socket_.get());
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return system_error(Code::internal, "cannot listen for device changes", errno);
  }
  return watcher;
}

std::optional<DeviceChange> DeviceWatcher::next(NativeHandle until_readable) {
  for (;;) {
    std::array<PollItem, 2> items = {PollItem{socket_.get(), true, false}, PollItem{until_readable, true, false}};
    poll(items, -1);
    if (items[1].can_read) return std::nullopt;
    if (!items[0].can_read) continue;
    std::array<char, 16384> buffer;
    sockaddr_nl from{};
    socklen_t size = sizeof from;
    const ssize_t n = recvfrom(static_cast<int>(socket_.get()), buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (n < 0 && errno == ENOBUFS) return DeviceChange{"change", "?"};  // events were lost: somebody must look for himself
    // Only the kernel (port 0) is believed; any process may send to the group's members directly.
    if (n <= 0 || from.nl_pid != 0) continue;
    if (std::optional<DeviceChange> change = parse({buffer.data(), static_cast<std::size_t>(n)})) return change;
  }
}

}  // namespace carousel::platform
