// Asking the system about disks and volumes. Every call only looks.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// DeviceIoControl for a fixed answer; false (and the system's last error) if it failed or was too short.
template <class In, class Out>
bool ask(HANDLE device, DWORD code, const In& in, Out& out) {
  DWORD bytes = 0;
  return DeviceIoControl(device, code, const_cast<In*>(&in), sizeof in, &out, sizeof out, &bytes, nullptr) != FALSE && bytes >= sizeof out;
}
template <class Out>
bool ask(HANDLE device, DWORD code, Out& out) {
  DWORD bytes = 0;
  return DeviceIoControl(device, code, nullptr, 0, &out, sizeof out, &bytes, nullptr) != FALSE && bytes >= sizeof out;
}
inline bool tell(HANDLE device, DWORD code) {
  DWORD bytes = 0;
  return DeviceIoControl(device, code, nullptr, 0, nullptr, 0, &bytes, nullptr) != FALSE;
}

/// For questions only: needs no rights and disturbs nobody.
Handle open_to_ask(const std::wstring& device);

/// "\\.\PhysicalDrive3"
std::wstring disk_path(DWORD disk);

/// Disk and partition number; partition 0: the whole disk. Nothing for a volume on several disks.
struct DiskNumber {
  DWORD disk = 0, partition = 0;
};
std::optional<DiskNumber> number_of(HANDLE device);

struct DiskFacts {
  std::uint64_t size = 0;
  std::uint32_t sector = 512, physical_sector = 512;
  bool removable = false;  ///< a removable medium, or a bus on which drives come and go
  bool read_only = false;
  std::string serial;      ///< as the driver tells it: raw bytes; empty where it tells none
};
DiskFacts facts_of(HANDLE device);

/// When the disk was plugged in, in the system's units; another one for a stick that was plugged in again. 0 if unknown.
std::uint64_t arrival_of(DWORD disk);

/// One volume: what a file system lies on.
struct Volume {
  std::wstring device;                    ///< to open, without the final backslash
  std::vector<std::wstring> mount_points; ///< "E:\" and folders
  std::set<DWORD> disks;                  ///< disks that hold its bytes; empty if the system does not tell
};
std::vector<Volume> volumes();
/// Disks that hold the bytes of a volume; nothing if the system does not tell.
std::optional<std::set<DWORD>> disks_of_volume(const std::wstring& device);
/// The volume a path lies on, in the form to open; empty if there is none.
std::wstring volume_of_path(const std::wstring& path);

}  // namespace carousel::platform::win32
