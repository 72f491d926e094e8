// What a volume is beside what its beginning says: a member of an array by its end, an encrypted stick behind an ordinary boot sector, a backup.
#pragma once

#include "engine/safety/window.hpp"

namespace carousel::safety {

/// BitLocker To Go: a FAT boot sector, for a program that unlocks it on older systems, with BitLocker's own GUID and where its metadata lies.
bool is_bitlocker_to_go(const Bytes& boot, std::uint64_t offset, Window& window);

/// Linux RAID keeps its superblock at the end in versions 0.90 and 1.0; the beginning is the array's own, of any kind.
bool ends_as_raid_member(std::uint64_t offset, std::uint64_t size, Window& window);

/// Windows keeps backups in folders of fixed names in the root folder: is one of those names anywhere in these bytes, in UTF-16?
bool mentions_backup(const Bytes& bytes);

/// Does one of those names begin in these `length` bytes of UTF-16 (a name may go on where they end)?
bool names_backup(const Bytes& bytes, std::size_t at, std::size_t length);

}  // namespace carousel::safety
