// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/backing_image.hpp"

#include <cstddef>
#include <string_view>

#include <virtdisk.h>

namespace carousel::platform::win32 {
namespace {

/// With one backslash between them: in a path of this form the system takes two for a mistake.
std::wstring joined(std::wstring volume, std::wstring_view rest) {
  while (!volume.empty() && volume.back() == L'\\') volume.pop_back();
  while (!rest.empty() && rest.front() == L'\\') rest.remove_prefix(1);
  return volume + L"\\" + std::wstring(rest);
}

}  // namespace

std::vector<std::wstring> images_behind(HANDLE disk) {
  std::vector<std::wstring> files;
  std::vector<std::max_align_t> room(256);
  for (;;) {
    auto* info = reinterpret_cast<STORAGE_DEPENDENCY_INFO*>(room.data());
    info->Version = STORAGE_DEPENDENCY_INFO_VERSION_2;
    ULONG used = 0;
    const auto size = static_cast<ULONG>(room.size() * sizeof(std::max_align_t));
    const auto flags = static_cast<GET_STORAGE_DEPENDENCY_FLAG>(GET_STORAGE_DEPENDENCY_FLAG_HOST_VOLUMES | GET_STORAGE_DEPENDENCY_FLAG_DISK_HANDLE);
    const DWORD got = GetStorageDependencyInformation(disk, flags, size, info, &used);
    if (got == ERROR_INSUFFICIENT_BUFFER && used > size) {
      room.resize(used / sizeof(std::max_align_t) + 1);
      continue;
    }
    if (got != ERROR_SUCCESS) return files;  // also: this disk is not made of others
    for (ULONG i = 0; i < info->NumberEntries; ++i) {
      const STORAGE_DEPENDENCY_INFO_TYPE_2& entry = info->Version2Entries[i];
      if (entry.HostVolumeName != nullptr && entry.DependentVolumeRelativePath != nullptr) {
        files.push_back(joined(entry.HostVolumeName, entry.DependentVolumeRelativePath));
      }
    }
    return files;
  }
}

}  // namespace carousel::platform::win32
