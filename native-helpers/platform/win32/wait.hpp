// Waiting for any of many events: the system itself waits for 64 at most.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <span>

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// Returns when one of them is set or the time (milliseconds, INFINITE) is over.
void wait_for_any(std::span<const HANDLE> events, DWORD timeout_ms);

}  // namespace carousel::platform::win32
