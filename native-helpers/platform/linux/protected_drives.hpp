// Drives that are never a target: the administrator's list and the person's own.
#pragma once

#include <string>
#include <vector>

namespace carousel::platform {

/// Serial numbers and world-wide names.
class ProtectedDrives {
 public:
  /// From /etc/carousel/protected (one a line, `#` begins a comment) and from what `protect_also` (platform/inspect.hpp) was told in this process
  /// or in one above it. Whatever cannot be read protects every drive.
  static ProtectedDrives read();
  [[nodiscard]] bool has(const std::string& serial, const std::string& wwn) const;

 private:
  bool known_ = false;
  std::vector<std::string> drives_;
};

}  // namespace carousel::platform
