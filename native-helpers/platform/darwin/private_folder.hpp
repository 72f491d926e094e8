// A folder that only this user can look into, for names that this system keeps in file systems.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/handle.hpp"

namespace carousel::platform::darwin {

/// Made if it is not there, mode 0700. An Error if it belongs to somebody else or others may enter it.
Result<std::string> private_folder();

/// The file, made if it is not there, locked for this process alone until the handle is closed. Invalid if another process has it.
/// The lock is on the file that has this name now, not on one that was removed in between.
Handle lock_file(const std::string& path);

/// Names in the folder that begin so, sorted.
std::vector<std::string> names_in(const std::string& folder, const std::string& prefix);

}  // namespace carousel::platform::darwin
