// The lists of protected drives as Linux and macOS keep them.
#pragma once

#include <string>

#include "base/protected_list.hpp"

namespace carousel::platform {

/// From the administrator's file, and from what `protect_also` (platform/inspect.hpp) was told in this process or in one above it.
ProtectedList read_protected_drives(const std::string& administrators_file);

}  // namespace carousel::platform
