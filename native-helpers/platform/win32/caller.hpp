// Whom an elevated process acts for. An elevated process of Windows is the same user with more rights; for files it uses the rights of the
// process that asked for it, which it takes from that process's token.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "base/result.hpp"
#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// Threads act for the caller from here on unless they raise themselves; this one at once. The token is one for impersonation.
Status act_for(Handle token);
/// The caller's token, for a process that is started for the same caller; nullptr where nobody is acted for.
HANDLE caller_token();

/// A token of that process, for acting with its rights. Code::other_user unless it is a process of this user in this session.
Result<Handle> token_of_process(DWORD pid);

}  // namespace carousel::platform::win32
