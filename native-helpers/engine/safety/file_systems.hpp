// File systems that keep what is asked for in their first block: ext, XFS, btrfs, HFS+ and ISO 9660.
#pragma once

#include "engine/safety/window.hpp"

namespace carousel::safety {

/// Each fills in `used`, `newest` and `label` as far as that block says so with certainty. `b`: the volume's first bytes.
/// ext2, ext3 and ext4 (the kernel's documentation of its on-disk format).
void look_at_ext(const Bytes& b, Volume& volume);
/// XFS ("XFS Algorithms & Data Structures"): it keeps no date there.
void look_at_xfs(const Bytes& b, Volume& volume);
/// btrfs (the btrfs wiki's on-disk format): it keeps no date there.
void look_at_btrfs(const Bytes& b, Volume& volume);
/// HFS+ and HFSX (Apple's Technical Note TN1150): their label is a file's name elsewhere.
void look_at_hfsplus(const Bytes& b, Volume& volume);
/// ISO 9660 (ECMA-119).
void look_at_iso(const Bytes& b, Volume& volume);

}  // namespace carousel::safety
