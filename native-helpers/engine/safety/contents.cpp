#include "engine/safety/contents.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "engine/safety/heavy.hpp"
#include "engine/safety/window.hpp"

namespace carousel::safety {
namespace {

/// The places of all signatures looked for lie within this much of the start of a volume.
constexpr std::size_t kLook = 0x22000;
/// This much of a root directory is looked through.
constexpr std::size_t kDirectory = 32768;

/// Members of something larger, what is encrypted, and HFS+: macOS has kept its backups on that, and no cheap look tells them from other files.
constexpr std::array kWeighty = {"crypto_LUKS", "BitLocker", "LVM2_member", "linux_raid_member", "zfs_member", "apfs", "btrfs", "swap", "hfsplus"};

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

/// Seconds since 1970 of a FAT date and time (read as UTC; the drive does not say where it was written); 0 if there is none.
std::uint64_t dos_time(std::uint64_t date, std::uint64_t time) {
  const std::uint64_t year = 1980 + (date >> 9), month = (date >> 5) & 15, day = date & 31;
  if (month < 1 || month > 12 || day < 1) return 0;
  // Days from 1970-01-01, counting years from March so that the leap day comes last.
  const std::uint64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
  const std::uint64_t days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468;
  return days * 86400 + (time >> 11) * 3600 + ((time >> 5) & 63) * 60 + (time & 31) * 2;
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

void look_at_ext(const Bytes& b, Volume& volume) {
  const std::uint64_t wide = (b.le(1024 + 96, 4) & 0x80) != 0 ? 32 : 0;  // the upper halves of the counts are in use
  const std::uint64_t blocks = b.le(1024 + 4, 4) | (wide != 0 ? b.le(1024 + 0x150, 4) << wide : 0);
  const std::uint64_t unused = b.le(1024 + 12, 4) | (wide != 0 ? b.le(1024 + 0x158, 4) << wide : 0);
  const std::uint64_t shift = 10 + b.le(1024 + 24, 4);
  if (shift <= 16 && unused <= blocks && blocks <= volume.size >> shift) volume.used = (blocks - unused) << shift;
  if (const std::uint64_t written = b.le(1024 + 48, 4); written != 0) volume.newest = written;
  volume.label = b.text(1024 + 120, 16);
}

void newer(Volume& volume, std::uint64_t date, std::uint64_t time) {
  const std::uint64_t when = dos_time(date, time);
  if (when > volume.newest.value_or(0)) volume.newest = when;
}

void look_at_fat(const Bytes& b, Volume& volume, Window& window) {
  const std::uint64_t sector = b.le(11, 2), cluster = sector * b.le(13, 1), tables = b.le(14, 2) * sector, copies = b.le(16, 1);
  const bool large = b.is(82, "FAT32");
  const std::uint64_t table = (large ? b.le(36, 4) : b.le(22, 2)) * sector, first = tables + copies * table;
  const std::uint64_t root = large ? first + (std::max<std::uint64_t>(b.le(44, 4), 2) - 2) * cluster : first;
  const std::uint64_t info = b.le(48, 2) * sector, total = std::max(b.le(19, 2), b.le(32, 4)) * sector;
  volume.label = b.text(large ? 71 : 43, 11);
  if (!std::has_single_bit(sector) || sector < 512 || sector > 4096 || cluster == 0 || root >= volume.size) return;
  // Both looks use one buffer: the counts are taken before the directory is read.
  const Bytes counted(large ? window.at(volume.offset + info, 512) : std::span<const std::byte>());
  const std::uint64_t unused = counted.le(488, 4) * cluster;
  if (counted.le(0, 4) == 0x41615252 && unused <= total - std::min(first, total)) volume.used = total - std::min(first, total) - unused;
  const Bytes entries(window.at(volume.offset + root, large ? std::min<std::uint64_t>(cluster, kDirectory) : std::min<std::uint64_t>(b.le(17, 2) * 32, kDirectory)));
  for (std::size_t at = 0; at + 32 <= entries.size() && entries.le(at, 1) != 0; at += 32) {
    const std::uint64_t kind = entries.le(at + 11, 1);
    if (entries.le(at, 1) == 0xe5 || kind == 0x0f) continue;
    if ((kind & 8) != 0) {
      volume.label = entries.text(at, 11);
    } else {
      newer(volume, entries.le(at + 24, 2), entries.le(at + 22, 2));
    }
  }
}

void look_at_exfat(const Bytes& b, Volume& volume, Window& window) {
  const std::uint64_t sector_shift = b.le(108, 1), cluster_shift = sector_shift + b.le(109, 1), percent = b.le(112, 1);
  if (sector_shift < 9 || sector_shift > 12 || cluster_shift > 25) return;
  const std::uint64_t clusters = b.le(92, 4), root = std::max<std::uint64_t>(b.le(96, 4), 2) - 2;
  const std::uint64_t at_root = (b.le(88, 4) << sector_shift) + (root << cluster_shift);
  if (percent <= 100 && (clusters << cluster_shift) <= volume.size) volume.used = (clusters << cluster_shift) / 100 * percent;
  if (at_root >= volume.size) return;
  const Bytes entries(window.at(volume.offset + at_root, std::min<std::uint64_t>(std::uint64_t{1} << cluster_shift, kDirectory)));
  for (std::size_t at = 0; at + 32 <= entries.size() && entries.le(at, 1) != 0; at += 32) {
    // The first 15 units of a name; none that is looked for is told apart later.
    if (entries.le(at, 1) == 0xc1 && names_backup(entries, at + 2, 30)) volume.backup = true;
    if (entries.le(at, 1) == 0x85) newer(volume, entries.le(at + 14, 2), entries.le(at + 12, 2));
    if (entries.le(at, 1) != 0x83) continue;
    volume.label.clear();
    for (std::size_t i = 0; i < std::min<std::uint64_t>(entries.le(at + 1, 1), 11); ++i) {
      const std::uint64_t unit = entries.le(at + 2 + 2 * i, 2);
      volume.label += unit < 0x80 ? static_cast<char>(unit) : '?';
    }
  }
}

void look_at_volume(Volume& volume, Window& window) {
  const std::span<const std::byte> seen = window.at(volume.offset, std::min<std::uint64_t>(kLook, volume.size));
  const std::vector<std::byte> kept(seen.begin(), seen.end());
  const Bytes b(kept);
  volume.kind = kind_of(b);
  // Both look like a file system from their beginning.
  if (is_bitlocker_to_go(b, volume.offset, window)) volume.kind = "BitLocker";
  if (ends_as_raid_member(volume.offset, volume.size, window)) volume.kind = "linux_raid_member";
  volume.backup = holds_backup(volume.kind, b, volume.offset, window);
  if (volume.kind == "ext4") look_at_ext(b, volume);
  if (volume.kind == "vfat") look_at_fat(b, volume, window);
  if (volume.kind == "exfat") look_at_exfat(b, volume, window);
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
