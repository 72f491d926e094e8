// The system's error numbers, folded into what the engine must tell apart.
#pragma once

#include <string>

#include "base/result.hpp"

namespace carousel::platform {

/// What an error number of the system means for one device or file.
enum class Fault {
  other,
  medium,         ///< the device could not read or write there; other places may work
  gone,           ///< the device was pulled out or is switched off
  no_space,       ///< the file system is full
  read_only,      ///< write-protected
  no_permission,  ///< this user may not
  not_found,
  busy,           ///< held exclusively by something else, a mount included
  no_memory
};

Fault fault_of(int os_error) noexcept;

/// "EIO", "ENOSPC" ...; "0" for none.
std::string error_name(int os_error);

/// An Error with the system's words appended to `what`.
Error system_error(Code code, std::string what, int os_error);

}  // namespace carousel::platform
