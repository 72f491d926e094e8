// The core listens on a named pipe that has the name of the folder. Whoever is at its other end is asked for by the process that the system
// names, before a word is said: it must be this user's, in this session. With the rights of that process files are opened from then on.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/meeting.hpp"

#include <utility>

#include "platform/rights.hpp"
#include "platform/system_error.hpp"
#include "win32/caller.hpp"
#include "win32/path.hpp"
#include "win32/pipe_stream.hpp"
#include "win32/text.hpp"
#include "win32/user.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

Error not_right(const std::string& what) { return Error{Code::no_permission, what + " is not as it must be"}; }

/// Opened without following a link; this user's own.
Handle open_own(const std::wstring& path, DWORD access, DWORD flags) {
  Handle file(native(CreateFileW(path.c_str(), access | READ_CONTROL, FILE_SHARE_READ, nullptr, OPEN_EXISTING, flags | FILE_FLAG_OPEN_REPARSE_POINT, nullptr)));
  if (!file.valid() || own_user().empty() || owner_of_file(raw(file.get())) != own_user()) return Handle();
  return file;
}

}  // namespace

Result<Meeting> Meeting::come(const std::string& folder, std::size_t length) {
  const std::wstring place = system_path(folder);
  BY_HANDLE_FILE_INFORMATION facts{};
  const Handle at = open_own(place, FILE_READ_ATTRIBUTES, FILE_FLAG_BACKUP_SEMANTICS);
  if (!at.valid() || GetFileInformationByHandle(raw(at.get()), &facts) == FALSE || (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) == 0 ||
      (facts.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0) {
    return not_right(folder);
  }
  const Handle file = open_own(place + L"\\secret", GENERIC_READ | DELETE, 0);
  if (!file.valid() || GetFileInformationByHandle(raw(file.get()), &facts) == FALSE || facts.nNumberOfLinks != 1 || facts.nFileSizeHigh != 0 ||
      facts.nFileSizeLow != length || (facts.dwFileAttributes & (FILE_ATTRIBUTE_DIRECTORY | FILE_ATTRIBUTE_REPARSE_POINT)) != 0) {
    return not_right("the secret");
  }
  Meeting meeting;
  meeting.folder_ = folder;
  meeting.secret_.resize(length);
  DWORD got = 0;
  FILE_DISPOSITION_INFO gone{TRUE};
  if (ReadFile(raw(file.get()), meeting.secret_.data(), static_cast<DWORD>(length), &got, nullptr) == FALSE || got != length ||
      SetFileInformationByHandle(raw(file.get()), FileDispositionInfo, &gone, sizeof gone) == FALSE) {
    return not_right("the secret");
  }
  return meeting;
}

Result<Endpoint> Meeting::connect() const {
  const std::wstring place = system_path(folder_);
  const std::wstring name = L"\\\\.\\pipe\\" + place.substr(place.rfind(L'\\') + 1);
  HANDLE pipe = CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                            FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr);
  if (pipe == INVALID_HANDLE_VALUE) return system_error(Code::no_permission, "cannot reach the program that asked", last_error());
  Endpoint stream(adopt_pipe(pipe));
  ULONG pid = 0;
  if (GetNamedPipeServerProcessId(pipe, &pid) == FALSE) return system_error(Code::no_permission, "cannot tell which program asked", last_error());
  Result<Handle> token = token_of_process(pid);
  if (!token) return std::move(token).error();
  if (!acting_for_caller()) {
    if (Status status = act_for(std::move(*token)); !status) return std::move(status).error();
  }
  return stream;
}

}  // namespace carousel::platform
