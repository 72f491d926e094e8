// Attached disk images (VHD, VHDX, ISO): the file behind a disk.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <string>
#include <vector>

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// Files that hold the bytes of this disk, the nearest first; empty for a real one. `disk` may be open just for questions.
std::vector<std::wstring> images_behind(HANDLE disk);

}  // namespace carousel::platform::win32
