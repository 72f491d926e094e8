// The administrator's list of drives that are never a target.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace carousel::platform {

/// /etc/carousel/protected: one serial number or world-wide name a line, `#` begins a comment. Empty without a list; nothing if there is
/// one that cannot be read.
std::optional<std::vector<std::string>> protected_drives();

}  // namespace carousel::platform
