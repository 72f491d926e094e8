// Handles that a process of ours is started with: their numbers stand in its environment.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

inline constexpr wchar_t kCallerVariable[] = L"CAROUSEL_CALLER";
inline constexpr wchar_t kServedVariable[] = L"CAROUSEL_SERVED";

/// The handle that a variable names, if it is one; kNoHandle otherwise.
NativeHandle inherited(const wchar_t* variable);

}  // namespace carousel::platform::win32
