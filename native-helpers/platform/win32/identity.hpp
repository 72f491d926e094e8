// What tells one disk or file from another.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "platform/block_file.hpp"
#include "win32/disk.hpp"

namespace carousel::platform::win32 {

Identity identity_of_file(HANDLE file);
Identity identity_of_disk(const DiskNumber& number);
/// "3:0": how the safety rules name a disk, "3:2" one of its partitions.
std::string device_name(DWORD disk, DWORD partition = 0);

}  // namespace carousel::platform::win32
