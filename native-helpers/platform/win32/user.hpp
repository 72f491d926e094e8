// Who this process runs for, and keeping everybody else out.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <optional>
#include <string>

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// The user's security identifier as text ("S-1-5-21-..."); empty if the system does not tell.
const std::wstring& own_user();

/// The user a process runs for; nothing if this process may not know.
std::optional<std::wstring> user_of_process(DWORD pid);

/// The owner of a kernel object (a pipe).
std::optional<std::wstring> owner_of(HANDLE object);
/// The owner of an open file or folder.
std::optional<std::wstring> owner_of_file(HANDLE file);

/// Security of a new object: it belongs to this user and nobody else may open it. A process of the same user may, elevated or not.
class OwnUserOnly {
 public:
  OwnUserOnly();
  ~OwnUserOnly();
  OwnUserOnly(const OwnUserOnly&) = delete;
  OwnUserOnly& operator=(const OwnUserOnly&) = delete;
  /// Never "no security": if it could not be made, nothing that uses it can be made either.
  [[nodiscard]] SECURITY_ATTRIBUTES* get() { return &attributes_; }

 private:
  SECURITY_ATTRIBUTES attributes_{};
  SECURITY_DESCRIPTOR nobody_{};
};

}  // namespace carousel::platform::win32
