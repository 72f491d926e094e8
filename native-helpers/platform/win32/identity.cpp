// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/identity.hpp"

#include <cstring>

namespace carousel::platform::win32 {

Identity identity_of_file(HANDLE file) {
  Identity id;
  FILE_ID_INFO info{};
  if (GetFileInformationByHandleEx(file, FileIdInfo, &info, sizeof info) != FALSE) {
    // The volume's 64-bit number in two halves, because these two fields travel as JSON numbers.
    id.major = info.VolumeSerialNumber >> 32, id.minor = info.VolumeSerialNumber & 0xFFFFFFFFU;
    std::uint64_t halves[2];
    static_assert(sizeof halves == sizeof info.FileId);
    std::memcpy(halves, &info.FileId, sizeof halves);
    id.inode = halves[0] ^ halves[1];  // the second is 0 but on ReFS
    return id;
  }
  BY_HANDLE_FILE_INFORMATION old{};
  if (GetFileInformationByHandle(file, &old) != FALSE) {
    id.minor = old.dwVolumeSerialNumber;
    id.inode = (std::uint64_t{old.nFileIndexHigh} << 32) | old.nFileIndexLow;
  }
  return id;
}

Identity identity_of_disk(const DiskNumber& number) {
  Identity id;
  id.device = true;
  id.major = number.disk, id.minor = number.partition;
  id.sequence = arrival_of(number.disk);
  return id;
}

std::string device_name(DWORD disk, DWORD partition) { return std::to_string(disk) + ":" + std::to_string(partition); }

}  // namespace carousel::platform::win32
