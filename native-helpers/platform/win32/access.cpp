// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/access.hpp"

#include <aclapi.h>

namespace carousel::platform::win32 {
namespace {

/// The token of this process in the form a check wants it.
Handle own_token() {
  HANDLE process = nullptr, copy = nullptr;
  if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY | TOKEN_DUPLICATE, &process) == FALSE) return Handle();
  DuplicateTokenEx(process, TOKEN_QUERY, nullptr, SecurityIdentification, TokenImpersonation, &copy);
  CloseHandle(process);
  return Handle(native(copy));
}

}  // namespace

int may(HANDLE object, DWORD access) {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  const DWORD got = GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                                    nullptr, nullptr, nullptr, nullptr, &descriptor);
  if (got != ERROR_SUCCESS) return static_cast<int>(got);
  GENERIC_MAPPING mapping{FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  MapGenericMask(&access, &mapping);
  PRIVILEGE_SET privileges{};
  DWORD size = sizeof privileges, granted = 0;
  BOOL allowed = FALSE;
  const Handle token = own_token();
  int error = 0;
  if (!token.valid() || AccessCheck(descriptor, raw(token.get()), access, &mapping, &privileges, &size, &granted, &allowed) == FALSE) {
    error = last_error();
  } else if (allowed == FALSE) {
    error = ERROR_ACCESS_DENIED;
  }
  LocalFree(descriptor);
  return error;
}

}  // namespace carousel::platform::win32
