#include "engine/safety/contents.hpp"

#include <algorithm>
#include <array>

#include "engine/safety/fat.hpp"
#include "engine/safety/file_systems.hpp"
#include "engine/safety/heavy.hpp"
#include "engine/safety/ntfs.hpp"
#include "engine/safety/window.hpp"

namespace carousel::safety {
namespace {

/// The places of all signatures looked for lie within this much of the start of a volume.
constexpr std::size_t kLook = 0x22000;
/// Members of something larger, what is encrypted, and HFS+: macOS has kept its backups on that, and no cheap look tells them from other files.
constexpr std::array kWeighty = {"crypto_LUKS", "BitLocker", "LVM2_member", "linux_raid_member", "zfs_member", "apfs", "btrfs", "swap", "hfsplus"};

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

const char* kind_of(const Bytes& b) {
  if (b.is(0, "LUKS\xba\xbe")) return "crypto_LUKS";
  if (b.is(3, "-FVE-FS-")) return "BitLocker";
  for (std::size_t at = 0; at < 2048; at += 512) {
    if (b.is(at, "LABELONE")) return "LVM2_member";
  }
  if (b.le(0, 4) == 0xa92b4efc || b.le(4096, 4) == 0xa92b4efc) return "linux_raid_member";
  if (b.is(32, "NXSB")) return "apfs";
  if (b.is(0x10040, "_BHRfS_M")) return "btrfs";
  if (b.le(0x20000, 8) == 0x00bab10c || b.le(0x21000, 8) == 0x00bab10c) return "zfs_member";
  if (b.is(4086, "SWAPSPACE2")) return "swap";
  if (b.le(1024 + 56, 2) == 0xef53) return "ext4";
  if (b.is(3, "NTFS    ")) return "ntfs";
  if (b.is(3, "EXFAT   ")) return "exfat";
  if (b.le(510, 2) == 0xaa55 && (b.is(82, "FAT32") || b.is(54, "FAT1"))) return "vfat";
  if (b.is(0, "XFSB")) return "xfs";
  if (b.is(1024, "H+") || b.is(1024, "HX")) return "hfsplus";
  if (b.is(0x8001, "CD001")) return "iso9660";
  return "";
}

void look_at_volume(Volume& volume, Window& window) {
  const std::span<const std::byte> seen = window.at(volume.offset, std::min<std::uint64_t>(kLook, volume.size));
  const std::vector<std::byte> kept(seen.begin(), seen.end());
  const Bytes b(kept);
  volume.kind = kind_of(b);
  // Both look like a file system from their beginning.
  if (is_bitlocker_to_go(b, volume.offset, window)) volume.kind = "BitLocker";
  if (ends_as_raid_member(volume.offset, volume.size, window)) volume.kind = "linux_raid_member";
  if (volume.kind == "ext4") look_at_ext(b, volume);
  if (volume.kind == "vfat") look_at_fat(b, volume, window);
  if (volume.kind == "exfat") look_at_exfat(b, volume, window);
  if (volume.kind == "ntfs") look_at_ntfs(b, volume, window);
  if (volume.kind == "xfs") look_at_xfs(b, volume);
  if (volume.kind == "btrfs") look_at_btrfs(b, volume);
  if (volume.kind == "hfsplus") look_at_hfsplus(b, volume);
  if (volume.kind == "iso9660") look_at_iso(b, volume);
}

/// A partition of that kind is part of something larger even where its first bytes do not tell.
bool weighty_type(std::uint64_t mbr) { return mbr == 0x8e || mbr == 0xfd || mbr == 0xaf; }
bool weighty_type(const Bytes& entry) {
  // GPT types by the first group of their GUID: LVM, Linux RAID, LUKS, APFS, ZFS, Windows dynamic disks (metadata, data).
  return entry.le(0, 4) == 0xe6d6d379 || entry.le(0, 4) == 0xa19d880f || entry.le(0, 4) == 0xca7d7ccb || entry.le(0, 4) == 0x7c3457ef ||
         entry.le(0, 4) == 0x6a898cc3 || entry.le(0, 4) == 0x5808c8aa || entry.le(0, 4) == 0xaf9b60a0;
}

void add_volume(Contents& found, std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  if (found.volumes.size() >= kMaxVolumes || offset == 0 || offset >= size || length == 0) return;
  found.volumes.push_back({offset, std::min(length, size - offset), {}, {}, {}, {}, false});
}

void read_gpt(Contents& found, std::uint64_t size, std::uint32_t sector, Window& window) {
  const Bytes header(window.at(sector, sector));
  const std::uint64_t entries = header.le(72, 8), count = std::min<std::uint64_t>(header.le(80, 4), 128), each = header.le(84, 4);
  if (!header.is(0, "EFI PART") || each < 128 || each > 4096 || entries > size / sector) return;
  found.table = "gpt";
  const std::span<const std::byte> list = window.at(entries * sector, count * each);
  for (std::size_t at = 0; at + each <= list.size(); at += static_cast<std::size_t>(each)) {
    const Bytes entry(list.subspan(at, static_cast<std::size_t>(each)));
    const std::uint64_t from = entry.le(32, 8), to = entry.le(40, 8);
    if (entry.le(0, 8) == 0 || from > to || to >= size / sector) continue;
    found.weighty = found.weighty || weighty_type(entry);
    add_volume(found, from * sector, (to - from + 1) * sector, size);
  }
}

void read_mbr(Contents& found, const Bytes& first, std::uint64_t size, std::uint32_t sector) {
  for (std::size_t at = 446; at < 510; at += 16) {
    const std::uint64_t type = first.le(at + 4, 1), from = first.le(at + 8, 4), count = first.le(at + 12, 4);
    if (type == 0 || type == 0xee) continue;
    found.table = "mbr";
    found.weighty = found.weighty || weighty_type(type);
    if (type != 0x05 && type != 0x0f && type != 0x85) add_volume(found, from * sector, count * sector, size);
  }
}

}  // namespace

Contents contents_of(std::uint64_t size, std::uint32_t sector, const ReadAt& read) {
  Contents found;
  Window window(size, read);
  const std::span<const std::byte> first = window.at(0, std::min(size, kApproved));
  found.readable = !first.empty();
  if (!found.readable) return found;
  if (all_zero(first)) {
    found.weighty = ends_as_raid_member(0, size, window);
    const std::uint64_t tail = std::min(size, kApproved);
    const std::span<const std::byte> last = window.at(size - tail, tail);
    found.blank = !last.empty() && all_zero(last);
    return found;
  }
  const std::vector<std::byte> kept(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(first.size(), kLook)));
  const Bytes start(kept);
  found.weighty = ends_as_raid_member(0, size, window);  // whatever its partitions are
  Volume whole{0, size, kind_of(start), {}, {}, {}, false};
  // A file system straight on the drive has a boot sector that looks like a partition table.
  const bool bare = !whole.kind.empty() && whole.kind != "iso9660";
  if (!bare && start.le(510, 2) == 0xaa55) {
    read_mbr(found, start, size, sector);
    if (found.table == "none" || found.volumes.empty()) read_gpt(found, size, sector, window);
  }
  if (found.volumes.empty()) found.volumes.push_back(std::move(whole));
  for (Volume& volume : found.volumes) {
    look_at_volume(volume, window);
    found.weighty = found.weighty || volume.backup;
    for (const char* kind : kWeighty) found.weighty = found.weighty || volume.kind == kind;
  }
  return found;
}

}  // namespace carousel::safety
