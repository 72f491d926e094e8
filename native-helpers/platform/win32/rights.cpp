// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/rights.hpp"

#include <utility>

#include "platform/system_error.hpp"
#include "win32/caller.hpp"
#include "win32/inherited.hpp"
#include "win32/user.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

/// Never closed: it is needed to the end of the process.
Handle& caller() {
  static Handle& token = *new Handle;
  return token;
}

}  // namespace

namespace win32 {

Status act_for(Handle token) {
  if (SetThreadToken(nullptr, raw(token.get())) == FALSE) return system_error(Code::no_permission, "cannot act as the user who asked", last_error());
  caller() = std::move(token);
  return {};
}

HANDLE caller_token() { return caller().valid() ? raw(caller().get()) : nullptr; }

Result<Handle> token_of_process(DWORD pid) {
  DWORD theirs = 0, ours = 0;
  if (own_user().empty() || user_of_process(pid) != own_user()) return Error{Code::other_user, "the program that asked belongs to another user"};
  if (ProcessIdToSessionId(pid, &theirs) == FALSE || ProcessIdToSessionId(GetCurrentProcessId(), &ours) == FALSE || theirs != ours) {
    return Error{Code::other_user, "the program that asked is in another session"};
  }
  const Handle process(native(OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid)));
  HANDLE token = nullptr, copy = nullptr;
  if (!process.valid() || OpenProcessToken(raw(process.get()), TOKEN_QUERY | TOKEN_DUPLICATE, &token) == FALSE) {
    return system_error(Code::no_permission, "cannot look at the program that asked", last_error());
  }
  const Handle own(native(token));
  if (DuplicateTokenEx(token, TOKEN_QUERY | TOKEN_IMPERSONATE | TOKEN_DUPLICATE, nullptr, SecurityImpersonation, TokenImpersonation, &copy) == FALSE) {
    return system_error(Code::no_permission, "cannot act as the program that asked", last_error());
  }
  return Handle(native(copy));
}

}  // namespace win32

Status act_as_caller(const std::string&) {
  // A broker learns only from the meeting whom it acts for.
  const NativeHandle given = inherited(kCallerVariable);
  if (given == kNoHandle) return {};
  SetHandleInformation(raw(given), HANDLE_FLAG_INHERIT, 0);
  return act_for(Handle(given));
}

bool acting_for_caller() { return caller_token() != nullptr; }

Raised::Raised() : raised_(acting_for_caller() && SetThreadToken(nullptr, nullptr) != FALSE) {}

Raised::~Raised() {
  // Going on with rights that were to be put away would be worse than not going on.
  if (raised_ && acting_for_caller() && SetThreadToken(nullptr, caller_token()) == FALSE) TerminateProcess(GetCurrentProcess(), 126);
}

// A process cannot become one without an administrator's rights; what it needs no more, it does not use (acting for the caller).
Status give_up_rights() { return {}; }

}  // namespace carousel::platform
