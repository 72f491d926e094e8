// NTFS: what is used, when it was last written to, its label, and whether there is a backup in its root folder. Structures after the documentation of the
// Linux-NTFS project.
#pragma once

#include "engine/safety/window.hpp"

namespace carousel::safety {

/// Fills in `used`, `newest`, `label` and `backup` as far as they can be had with certainty. `boot`: the volume's first bytes.
void look_at_ntfs(const Bytes& boot, Volume& volume, Window& window);

}  // namespace carousel::safety
