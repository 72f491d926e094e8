// The lists of protected drives as Windows keeps them: the administrator's in %ProgramData%\Carousel\protected, the person's in the environment.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "base/protected_list.hpp"

namespace carousel::platform::win32 {

/// From the administrator's file, and from what `protect_also` (platform/inspect.hpp) was told in this process or in one above it.
ProtectedList read_protected_drives();

}  // namespace carousel::platform::win32
