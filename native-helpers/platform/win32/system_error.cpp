// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/system_error.hpp"

#include "win32/text.hpp"
#include "win32/windows.hpp"

namespace carousel::platform {
namespace {
// In the system's documentation, but not in every set of headers.
constexpr DWORD kElevationRequired = 740, kDataChecksum = 323, kQuotaExceeded = 1295;
}  // namespace

Fault fault_of(int os_error) noexcept {
  switch (static_cast<DWORD>(os_error)) {
    case ERROR_CRC:
    case ERROR_SEEK:
    case ERROR_SECTOR_NOT_FOUND:
    case ERROR_WRITE_FAULT:
    case ERROR_READ_FAULT:
    case ERROR_GEN_FAILURE:
    case ERROR_IO_DEVICE:
    case ERROR_SEM_TIMEOUT:  // a request the device did not answer in time
    case ERROR_TIMEOUT:
    case kDataChecksum:
    case ERROR_FLOPPY_ID_MARK_NOT_FOUND:
    case ERROR_DISK_OPERATION_FAILED: return Fault::medium;
    case ERROR_NOT_READY:
    case ERROR_DEV_NOT_EXIST:
    case ERROR_DEVICE_NOT_CONNECTED:
    case ERROR_DEVICE_REMOVED:
    case ERROR_NO_MEDIA_IN_DRIVE:
    case ERROR_MEDIA_CHANGED:
    case ERROR_WRONG_DISK:
    case ERROR_DEVICE_NOT_AVAILABLE: return Fault::gone;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case kQuotaExceeded:
    case ERROR_FILE_TOO_LARGE: return Fault::no_space;
    case ERROR_WRITE_PROTECT:
    case ERROR_FILE_READ_ONLY: return Fault::read_only;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case kElevationRequired: return Fault::no_permission;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_NAME:
    case ERROR_BAD_PATHNAME:
    case ERROR_BAD_NETPATH:
    case ERROR_BAD_NET_NAME:
    case ERROR_INVALID_DRIVE: return Fault::not_found;
    case ERROR_SHARING_VIOLATION:
    case ERROR_LOCK_VIOLATION:
    case ERROR_BUSY:
    case ERROR_BUSY_DRIVE:
    case ERROR_DRIVE_LOCKED:
    case ERROR_DEVICE_IN_USE: return Fault::busy;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
    case ERROR_NO_SYSTEM_RESOURCES: return Fault::no_memory;
    default: return Fault::other;
  }
}

std::string error_name(int os_error) {
  switch (static_cast<DWORD>(os_error)) {
#define CAROUSEL_NAME(e) \
  case e: return #e
    CAROUSEL_NAME(ERROR_CRC);
    CAROUSEL_NAME(ERROR_SEEK);
    CAROUSEL_NAME(ERROR_SECTOR_NOT_FOUND);
    CAROUSEL_NAME(ERROR_WRITE_FAULT);
    CAROUSEL_NAME(ERROR_READ_FAULT);
    CAROUSEL_NAME(ERROR_GEN_FAILURE);
    CAROUSEL_NAME(ERROR_IO_DEVICE);
    CAROUSEL_NAME(ERROR_SEM_TIMEOUT);
    CAROUSEL_NAME(ERROR_DISK_OPERATION_FAILED);
    CAROUSEL_NAME(ERROR_NOT_READY);
    CAROUSEL_NAME(ERROR_DEV_NOT_EXIST);
    CAROUSEL_NAME(ERROR_DEVICE_NOT_CONNECTED);
    CAROUSEL_NAME(ERROR_DEVICE_REMOVED);
    CAROUSEL_NAME(ERROR_NO_MEDIA_IN_DRIVE);
    CAROUSEL_NAME(ERROR_MEDIA_CHANGED);
    CAROUSEL_NAME(ERROR_DISK_FULL);
    CAROUSEL_NAME(ERROR_HANDLE_DISK_FULL);
    CAROUSEL_NAME(ERROR_WRITE_PROTECT);
    CAROUSEL_NAME(ERROR_ACCESS_DENIED);
    CAROUSEL_NAME(ERROR_FILE_NOT_FOUND);
    CAROUSEL_NAME(ERROR_PATH_NOT_FOUND);
    CAROUSEL_NAME(ERROR_SHARING_VIOLATION);
    CAROUSEL_NAME(ERROR_LOCK_VIOLATION);
    CAROUSEL_NAME(ERROR_INVALID_PARAMETER);
    CAROUSEL_NAME(ERROR_NOT_ENOUGH_MEMORY);
    CAROUSEL_NAME(ERROR_FILE_EXISTS);
    CAROUSEL_NAME(ERROR_FILE_INVALID);
#undef CAROUSEL_NAME
    default: return std::to_string(os_error);
  }
}

Error system_error(Code code, std::string what, int os_error) {
  wchar_t text[512];
  const DWORD n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr,
                                 static_cast<DWORD>(os_error), 0, text, 512, nullptr);
  std::string words = win32::utf8({text, n});
  while (!words.empty() && (words.back() == ' ' || words.back() == '.')) words.pop_back();
  if (words.empty()) words = "error " + std::to_string(os_error);
  return Error{code, std::move(what) + ": " + words, os_error};
}

}  // namespace carousel::platform
