// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/protected_drives.hpp"

#include "win32/windows.hpp"  // before what rests on it

#include <combaseapi.h>
#include <knownfolders.h>
#include <shlobj.h>

#include <string>

#include "platform/inspect.hpp"
#include "win32/text.hpp"

namespace carousel::platform {
namespace {

/// What a person protects: it reaches every process of a job with the environment. It can only add to the administrator's list.
constexpr const wchar_t* kPersons = L"CAROUSEL_PROTECTED";
/// More than the longest list takes (`ProtectedList::kMost` lines); of a larger file nothing is believed.
constexpr DWORD kMostBytes = 1U << 20;

/// %ProgramData%, asked of the system and not of the environment, which is the caller's; empty if it does not tell.
std::wstring program_data() {
  PWSTR folder = nullptr;
  std::wstring path;
  if (SHGetKnownFolderPath(FOLDERID_ProgramData, 0, nullptr, &folder) == S_OK) path = folder;
  CoTaskMemFree(folder);
  return path;
}

bool is_missing(DWORD error) { return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND; }

void add_file(ProtectedList& list) {
  const std::wstring folder = program_data();
  if (folder.empty()) return list.not_known("the system does not tell where the administrator's list is");
  const std::wstring path = folder + L"\\Carousel\\protected";
  const std::string unreadable = win32::utf8(path) + " cannot be read";
  const Handle file(win32::native(CreateFileW(path.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr)));
  if (!file.valid()) {
    if (!is_missing(GetLastError())) list.not_known(unreadable);
    return;
  }
  std::string text(kMostBytes + 1, '\0');
  DWORD size = 0;
  for (DWORD got = 1; got > 0 && size < text.size(); size += got) {
    if (ReadFile(win32::raw(file.get()), text.data() + size, static_cast<DWORD>(text.size()) - size, &got, nullptr) == FALSE) return list.not_known(unreadable);
  }
  if (size > kMostBytes) return list.not_known(win32::utf8(path) + " is too long");
  text.resize(size);
  list.add_administrators(text, win32::utf8(path));
}

void add_environment(ProtectedList& list) {
  const DWORD size = GetEnvironmentVariableW(kPersons, nullptr, 0);
  if (size == 0) return;
  std::wstring lines(size, L'\0');
  const DWORD got = GetEnvironmentVariableW(kPersons, lines.data(), size);
  if (got >= size) return list.not_known("the settings of this user cannot be read");
  lines.resize(got);
  list.add_persons(win32::utf8(lines));
}

}  // namespace

ProtectedList win32::read_protected_drives() {
  ProtectedList list;
  add_file(list);
  add_environment(list);
  return list;
}

Status protect_also(const std::vector<std::string>& drives) {
  std::string list;
  for (const std::string& one : drives) list += one + "\n";
  if (SetEnvironmentVariableW(kPersons, win32::wide(list).c_str()) == FALSE) return Error{Code::internal, "the list of protected drives cannot be passed on"};
  return {};
}

}  // namespace carousel::platform
