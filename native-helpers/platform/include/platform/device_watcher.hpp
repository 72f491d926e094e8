// Hears when drives come and go.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "platform/handle.hpp"

namespace carousel::platform {

/// One change of a block device.
struct DeviceChange {
  std::string action;  ///< "add", "remove" or "change"
  std::string device;  ///< kernel name, such as "sdb" or "sdb1"
};

class DeviceWatcher {
 public:
  static Result<DeviceWatcher> open();
  /// Waits for the next change; nothing when `until_readable` (standard input, say) has something to read or was closed first.
  std::optional<DeviceChange> next(NativeHandle until_readable);

 private:
  Handle socket_;
};

}  // namespace carousel::platform
