// Holding the volumes of a disk, so that nothing mounts or writes them while the disk is copied to or from.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <memory>
#include <vector>

#include "base/result.hpp"
#include "win32/companion.hpp"

namespace carousel::platform::win32 {

/// Belongs to the disk's handle; the volumes are let go after that is closed.
class VolumeLocks final : public Companion {
 public:
  /// Locks every volume of the disk and takes its file system down. Code::in_use if one is in use.
  static Result<std::shared_ptr<VolumeLocks>> take_down(DWORD disk);
  /// Locks every volume and leaves it as it is; null if one is in use.
  static std::shared_ptr<VolumeLocks> hold(DWORD disk);

 private:
  std::vector<Handle> volumes_;
};

}  // namespace carousel::platform::win32
