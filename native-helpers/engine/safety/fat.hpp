// FAT and exFAT: what is used, the newest date in the first folders, the label. Structures after Microsoft's specifications of both.
#pragma once

#include "engine/safety/window.hpp"

namespace carousel::safety {

/// FAT12, FAT16 and FAT32. `boot`: the volume's first bytes.
void look_at_fat(const Bytes& boot, Volume& volume, Window& window);

/// exFAT; a backup in its root folder, too.
void look_at_exfat(const Bytes& boot, Volume& volume, Window& window);

}  // namespace carousel::safety
