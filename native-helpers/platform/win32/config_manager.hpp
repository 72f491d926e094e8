// Device interfaces of disks, and the calls of the configuration manager that MinGW's headers leave out (its libraries have them).
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <string>
#include <vector>

#include "win32/windows.hpp"

#include <cfgmgr32.h>

extern "C" {
// The same as in the system's own header, where these stand as well.
CMAPI CONFIGRET WINAPI CM_Register_Notification(PCM_NOTIFY_FILTER filter, PVOID context, PCM_NOTIFY_CALLBACK callback, PHCMNOTIFICATION notification);
CMAPI CONFIGRET WINAPI CM_Unregister_Notification(HCMNOTIFICATION notification);
CMAPI CONFIGRET WINAPI CM_Get_Device_Interface_PropertyW(LPCWSTR device_interface, const DEVPROPKEY* key, DEVPROPTYPE* type, PBYTE buffer,
                                                         PULONG size, ULONG flags);
}

namespace carousel::platform::win32 {

/// Paths of all disks that are there now.
std::vector<std::wstring> disk_interfaces();

}  // namespace carousel::platform::win32
