// What tells one drive from another wherever it is plugged in, out of /sys. Raw bytes of the drive: to compare, never to trust.
#pragma once

#include <string>

namespace carousel::platform {

struct DriveMarks {
  std::string bus_path, serial, wwn;  ///< empty where the kernel knows none
};

/// For a whole disk, by "major:minor".
DriveMarks marks_of(const std::string& device);

}  // namespace carousel::platform
