// Whether this user may, told by the permissions and without opening anything for writing.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// 0 if this process may open it so (GENERIC_READ, GENERIC_WRITE), else the system's error number. `object` needs READ_CONTROL.
int may(HANDLE object, DWORD access);

}  // namespace carousel::platform::win32
