// What is on a drive, as far as its first bytes tell: blank or not, the kind of partition table, the file systems, how much is used and when
// it was last written. Everything it reads was written by strangers: it never trusts a number of theirs with more than where to look next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace carousel::safety {

/// One file system or member of something larger, in the words of libblkid ("vfat", "ext4", "crypto_LUKS", "LVM2_member" ...).
struct Volume {
  std::uint64_t offset = 0, size = 0;      ///< bytes, on the drive
  std::string kind;                        ///< empty: something unknown
  std::string label;                       ///< raw bytes, untrusted
  std::optional<std::uint64_t> used;       ///< bytes, as the file system last counted them; none where that cannot be had with certainty
  std::optional<std::uint64_t> newest;     ///< seconds since 1970: the newest date that was seen on it; there may be newer ones deeper inside
  bool backup = false;                     ///< a backup is in it
};

struct Contents {
  bool readable = false;                   ///< the first MiB could be read
  bool blank = false;                      ///< nothing but zeros in the first and the last MiB
  bool weighty = false;                    ///< part of something larger, encrypted, or a backup: more is lost than files on a stick
  std::string table = "none";              ///< "none", "mbr", "gpt"
  std::vector<Volume> volumes;             ///< at most kMaxVolumes
};

inline constexpr std::size_t kMaxVolumes = 32;
/// What an approval covers, byte for byte.
inline constexpr std::uint64_t kApproved = std::uint64_t{1} << 20;

/// Reads at multiples of 4096 bytes, lengths too (less only at the end of the drive); false if that failed.
using ReadAt = std::function<bool(std::uint64_t offset, std::span<std::byte> out)>;

/// Looks at a drive of `size` bytes. Reads a few hundred KiB for each volume and, to count what is used, at most 32 MiB of the whole drive.
Contents contents_of(std::uint64_t size, std::uint32_t sector, const ReadAt& read);

}  // namespace carousel::safety
