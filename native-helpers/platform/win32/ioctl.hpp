// The codes of DeviceIoControl; that header does not stand by itself.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "win32/windows.hpp"

#include <winioctl.h>
