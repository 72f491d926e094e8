// What a path names: a whole disk, a volume, or something in a file system.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <string>
#include <string_view>

namespace carousel::platform::win32 {

enum class PathClass {
  disk,    ///< \\.\PhysicalDrive3
  volume,  ///< \\.\E: or \\?\Volume{...}
  device,  ///< anything else where only devices belong
  file
};

/// The path with backslashes only, as the system wants it. A path the engine handed out before comes out as it was.
std::wstring system_path(std::string_view path);
PathClass class_of(const std::wstring& path);

}  // namespace carousel::platform::win32
