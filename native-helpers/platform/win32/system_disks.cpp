// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/system_disks.hpp"

#include <string>
#include <vector>

#include "win32/disk.hpp"

namespace carousel::platform::win32 {
namespace {

/// A text of the registry below HKEY_LOCAL_MACHINE, its variables put in; several texts are divided by zeros.
std::wstring registry_text(const wchar_t* key, const wchar_t* value) {
  DWORD size = 0;
  constexpr DWORD kTypes = RRF_RT_REG_SZ | RRF_RT_REG_EXPAND_SZ | RRF_RT_REG_MULTI_SZ;
  if (RegGetValueW(HKEY_LOCAL_MACHINE, key, value, kTypes, nullptr, nullptr, &size) != ERROR_SUCCESS) return {};
  std::wstring text(size / sizeof(wchar_t) + 1, L'\0');
  size = static_cast<DWORD>(text.size() * sizeof(wchar_t));
  if (RegGetValueW(HKEY_LOCAL_MACHINE, key, value, kTypes, nullptr, text.data(), &size) != ERROR_SUCCESS) return {};
  return text;
}

bool add_disks_of(const std::wstring& path, std::set<DWORD>& to) {
  const std::wstring volume = path.empty() ? std::wstring() : volume_of_path(path);
  std::optional<std::set<DWORD>> disks = volume.empty() ? std::nullopt : disks_of_volume(volume);
  if (!disks || disks->empty()) return false;
  to.merge(*disks);
  return true;
}

std::wstring variable(const wchar_t* name) {
  wchar_t text[MAX_PATH];
  const DWORD n = GetEnvironmentVariableW(name, text, MAX_PATH);
  return n > 0 && n < MAX_PATH ? std::wstring(text, n) : std::wstring();
}

std::wstring own_program() {
  wchar_t path[MAX_PATH];
  const DWORD n = GetModuleFileNameW(nullptr, path, MAX_PATH);
  return n > 0 && n < MAX_PATH ? std::wstring(path, n) : std::wstring();
}

}  // namespace

std::optional<SystemDisks> system_disks() {
  SystemDisks disks;
  wchar_t windows[MAX_PATH];
  const UINT n = GetSystemWindowsDirectoryW(windows, MAX_PATH);
  if (n == 0 || n >= MAX_PATH || !add_disks_of(windows, disks.needed)) return std::nullopt;

  // What the firmware starts: often a partition without a letter, named "\Device\HarddiskVolume1".
  const std::wstring boot = registry_text(L"SYSTEM\\Setup", L"SystemPartition");
  if (!boot.empty()) {
    if (auto found = disks_of_volume(L"\\\\?\\GLOBALROOT" + std::wstring(boot.c_str()))) disks.needed.merge(*found);
  }
  const std::wstring people = registry_text(L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList", L"ProfilesDirectory");
  add_disks_of(people.c_str(), disks.needed);
  for (const wchar_t* name : {L"SystemDrive", L"USERPROFILE", L"ProgramFiles", L"ProgramData"}) add_disks_of(variable(name) + L"\\", disks.needed);
  add_disks_of(own_program(), disks.needed);

  // "\??\C:\pagefile.sys", one after the other.
  const std::wstring paging = registry_text(L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management", L"ExistingPageFiles");
  for (std::size_t at = 0; at < paging.size() && paging[at] != L'\0';) {
    std::wstring file(paging.c_str() + at);
    at += file.size() + 1;
    if (file.starts_with(L"\\??\\")) file.erase(0, 4);
    add_disks_of(file, disks.paging);
  }
  disks.needed.insert(disks.paging.begin(), disks.paging.end());
  return disks;
}

}  // namespace carousel::platform::win32
