// The system's own header, in the one form every file here wants it.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#ifndef NOMINMAX
#define NOMINMAX
#endif
#include <windows.h>

#include "platform/handle.hpp"

namespace carousel::platform::win32 {

inline HANDLE raw(NativeHandle handle) { return reinterpret_cast<HANDLE>(handle); }
inline NativeHandle native(HANDLE handle) {
  // "No handle" has two faces on this system, 0 and -1.
  return handle == nullptr ? kNoHandle : reinterpret_cast<NativeHandle>(handle);
}

/// The system's last error as the number the rest of the engine carries.
inline int last_error() { return static_cast<int>(GetLastError()); }

}  // namespace carousel::platform::win32
