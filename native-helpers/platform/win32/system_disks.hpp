// Which disks the running system cannot do without.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <optional>
#include <set>

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

struct SystemDisks {
  std::set<DWORD> needed;  ///< Windows, its boot partition, programs, people's folders, this program, paging files
  std::set<DWORD> paging;  ///< of these, those with a paging file
};

/// Nothing if not even the disk of Windows itself can be found out: then every disk must be taken for one of them.
std::optional<SystemDisks> system_disks();

}  // namespace carousel::platform::win32
