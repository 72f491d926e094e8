#include "engine/safety/fat.hpp"

#include <vector>

#include "engine/safety/heavy.hpp"

namespace carousel::safety {
namespace {

/// This much of a folder is looked through.
constexpr std::uint64_t kFolder = 32768;
/// So many folders are looked into: those of the root folder first, then what is in them.
constexpr std::size_t kFolders = 32;
constexpr std::size_t kEntry = 32;

/// Seconds since 1970 of a date and time; 0 if there is none.
std::uint64_t dos_time(std::uint64_t date, std::uint64_t time) {
  const std::uint64_t midnight = midnight_of(1980 + (date >> 9), (date >> 5) & 15, date & 31);
  const std::uint64_t hours = time >> 11, minutes = (time >> 5) & 63, pairs = time & 31;
  if (midnight == 0 || hours > 23 || minutes > 59 || pairs > 29) return 0;
  return midnight + hours * 3600 + minutes * 60 + pairs * 2;
}

/// Folders that are still to be looked into, by their first cluster.
class Folders {
 public:
  void add(std::uint64_t cluster) {
    if (found_.size() < kFolders) found_.push_back(cluster);
  }
  std::optional<std::uint64_t> next() { return at_ < found_.size() ? std::optional(found_[at_++]) : std::nullopt; }

 private:
  std::vector<std::uint64_t> found_;
  std::size_t at_ = 0;
};

/// Where things lie on a FAT, in bytes from the beginning of the volume.
struct Fat {
  bool large = false;  ///< FAT32
  std::uint64_t cluster = 0, clusters = 0;
  std::uint64_t table = 0, table_size = 0;
  std::uint64_t root = 0, root_size = 0;  ///< of FAT12 and FAT16
  std::uint64_t data = 0;                 ///< the second cluster: there is no other before it
  std::uint64_t info = 0;                 ///< the counts of FAT32
};

std::optional<Fat> fat_of(const Bytes& b, const Volume& volume) {
  Fat f;
  const std::uint64_t sector = b.le(11, 2), copies = b.le(16, 1), total = (b.le(19, 2) != 0 ? b.le(19, 2) : b.le(32, 4)) * sector;
  f.large = b.is(82, "FAT32");
  f.cluster = sector * b.le(13, 1), f.table = b.le(14, 2) * sector, f.table_size = (f.large ? b.le(36, 4) : b.le(22, 2)) * sector;
  if (!std::has_single_bit(sector) || sector < 512 || sector > 4096 || f.cluster == 0) return {};
  f.root = f.table + copies * f.table_size, f.root_size = f.large ? 0 : round_up(b.le(17, 2) * kEntry, sector);
  f.data = f.root + f.root_size, f.info = b.le(48, 2) * sector;
  if (f.data >= volume.size) return {};
  f.clusters = total <= volume.size && total > f.data ? (total - f.data) / f.cluster : 0;
  return f;
}

/// Entries of the table that are not free; nothing if the table is too small or too large to be counted.
std::optional<std::uint64_t> counted(const Fat& f, const Volume& volume, Window& window) {
  const std::uint64_t halves = f.large ? 8 : f.clusters < 4085 ? 3 : 4;  // half bytes of an entry
  const std::uint64_t entries = f.clusters + 2, length = (entries * halves + 1) / 2;
  if (f.clusters == 0 || length > f.table_size || !window.afford(length)) return {};
  // A piece ends between two entries.
  const std::uint64_t most = halves == 3 ? 3 * kPage : kApproved;
  std::uint64_t used = 0;
  for (std::uint64_t at = 0; at < length; at += most) {
    const std::uint64_t piece = std::min(most, length - at);
    const Bytes seen(window.at(volume.offset + f.table + at, piece));
    if (seen.size() != piece) return {};
    const std::uint64_t before = at * 2 / halves, here = std::min(entries - before, most * 2 / halves);
    for (std::uint64_t i = before < 2 ? 2 - before : 0; i < here; ++i) {
      const std::size_t place = static_cast<std::size_t>(i * halves / 2);
      std::uint64_t entry = seen.le(place, f.large ? 4 : 2);
      if (f.large) entry &= 0x0fffffff;
      if (halves == 3) entry = i % 2 == 0 ? entry & 0xfff : entry >> 4;
      used += entry != 0 ? 1 : 0;
    }
  }
  return used;
}

/// FAT32 keeps a count beside its table, which holds if it was taken out of use in order.
std::optional<std::uint64_t> noted(const Fat& f, const Bytes& boot, const Volume& volume, Window& window) {
  const bool left_open = (boot.le(65, 1) & 1) != 0;
  if (!f.large || left_open || (Bytes(window.at(volume.offset + f.table, 8)).le(4, 4) & 0x08000000) == 0) return {};
  const Bytes info(window.at(volume.offset + f.info, 512));
  const std::uint64_t unused = info.le(488, 4);
  if (info.le(0, 4) != 0x41615252 || info.le(484, 4) != 0x61417272 || unused > f.clusters) return {};
  return f.clusters - unused;
}

void look_into(const Bytes& entries, Volume& volume, Folders& folders) {
  for (std::size_t at = 0; at + kEntry <= entries.size() && entries.le(at, 1) != 0; at += kEntry) {
    const std::uint64_t kind = entries.le(at + 11, 1);
    if (entries.le(at, 1) == 0xe5 || kind == 0x0f || (kind & 8) != 0) continue;
    note_date(volume, dos_time(entries.le(at + 16, 2), entries.le(at + 14, 2)));  // made
    note_date(volume, dos_time(entries.le(at + 24, 2), entries.le(at + 22, 2)));  // written to
    if ((kind & 16) != 0 && entries.le(at, 1) != '.') folders.add(entries.le(at + 20, 2) << 16 | entries.le(at + 26, 2));
  }
}

/// Where clusters begin, and how many there are.
struct Clusters {
  std::uint64_t data = 0, size = 0, count = 0;
  [[nodiscard]] bool has(std::uint64_t cluster) const { return cluster >= 2 && cluster - 2 < count; }
  [[nodiscard]] std::uint64_t at(std::uint64_t cluster) const { return data + (cluster - 2) * size; }
};

/// The label in the root folder: it is newer than that in the boot sector.
std::string label_in(const Bytes& entries, std::string otherwise) {
  for (std::size_t at = 0; at + kEntry <= entries.size() && entries.le(at, 1) != 0; at += kEntry) {
    const std::uint64_t kind = entries.le(at + 11, 1);
    if (entries.le(at, 1) != 0xe5 && kind != 0x0f && (kind & 8) != 0) return entries.text(at, 11);
  }
  return otherwise;
}

/// The bitmap of exFAT, described by the entry at `at` of its root folder. It lies in one piece, as its table must say.
std::optional<std::uint64_t> used_of(const Bytes& entries, std::size_t at, std::uint64_t table, const Clusters& clusters, const Volume& volume, Window& window) {
  const std::uint64_t first = entries.le(at + 20, 4), length = entries.le(at + 24, 8), pieces = length / clusters.size + (length % clusters.size != 0 ? 1 : 0);
  if (!clusters.has(first) || length != (clusters.count + 7) / 8 || !clusters.has(first + pieces - 1) || 4 * pieces > kFolder) return {};
  const Bytes chain(window.at(volume.offset + table + 4 * first, 4 * pieces));
  for (std::uint64_t i = 0; i < pieces; ++i) {
    if (chain.le(static_cast<std::size_t>(4 * i), 4) != (i + 1 < pieces ? first + i + 1 : 0xffffffff)) return {};
  }
  return bits_set(window, volume.offset + clusters.at(first), clusters.count);
}

/// Seconds since 1970 of the date and time at `at`; a byte elsewhere says, if its highest bit is set, by how many quarters of an hour the clock was ahead.
std::uint64_t exfat_time(const Bytes& entries, std::size_t at, std::size_t ahead) {
  const std::uint64_t local = dos_time(entries.le(at + 2, 2), entries.le(at, 2)), zone = entries.le(ahead, 1);
  if (local == 0 || (zone & 0x80) == 0) return local;
  constexpr std::uint64_t quarter = 900;
  return (zone & 0x40) != 0 ? local + (0x80 - (zone & 0x7f)) * quarter : local - (zone & 0x3f) * quarter;
}

}  // namespace

void look_at_fat(const Bytes& boot, Volume& volume, Window& window) {
  volume.label = boot.text(boot.is(82, "FAT32") ? 71 : 43, 11);
  const std::optional<Fat> f = fat_of(boot, volume);
  if (!f) return;
  std::optional<std::uint64_t> used = noted(*f, boot, volume, window);
  if (!used) used = counted(*f, volume, window);
  if (used) volume.used = *used * f->cluster;
  const Clusters clusters{f->data, f->cluster, f->clusters};
  Folders folders;
  if (f->large) {
    folders.add(boot.le(44, 4));
  } else {
    const Bytes root(window.at(volume.offset + f->root, std::min(f->root_size, kFolder)));
    volume.label = label_in(root, std::move(volume.label));
    look_into(root, volume, folders);
  }
  for (bool first = f->large; const std::optional<std::uint64_t> folder = folders.next(); first = false) {
    const std::uint64_t piece = std::min(f->cluster, kFolder);
    if (!clusters.has(*folder) || !window.afford(piece)) continue;
    const Bytes entries(window.at(volume.offset + clusters.at(*folder), piece));
    if (first) volume.label = label_in(entries, std::move(volume.label));
    look_into(entries, volume, folders);
  }
}

void look_at_exfat(const Bytes& boot, Volume& volume, Window& window) {
  const std::uint64_t sector_shift = boot.le(108, 1), cluster_shift = sector_shift + boot.le(109, 1);
  if (sector_shift < 9 || sector_shift > 12 || cluster_shift > 25) return;
  const std::uint64_t table = boot.le(80, 4) << sector_shift, root = boot.le(96, 4);
  const Clusters clusters{boot.le(88, 4) << sector_shift, std::uint64_t{1} << cluster_shift, boot.le(92, 4)};
  const bool fits = clusters.data < volume.size && clusters.count <= (volume.size - clusters.data) >> cluster_shift;
  Folders folders;
  folders.add(root);
  for (bool first = true; const std::optional<std::uint64_t> folder = folders.next(); first = false) {
    const std::uint64_t piece = std::min(clusters.size, kFolder);
    // Whether there is a backup must be known in any case.
    if (!first && (!fits || !clusters.has(*folder) || !window.afford(piece))) continue;
    const std::span<const std::byte> seen = window.at(volume.offset + clusters.at(std::max<std::uint64_t>(*folder, 2)), piece);
    const std::vector<std::byte> kept(seen.begin(), seen.end());
    const Bytes entries(kept);
    for (std::size_t at = 0; at + kEntry <= entries.size() && entries.le(at, 1) != 0; at += kEntry) {
      const std::uint64_t kind = entries.le(at, 1);
      // The first 15 units of a name; none that is looked for is told apart later.
      if (first && kind == 0xc1 && names_backup(entries, at + 2, 30)) volume.backup = true;
      if (first && kind == 0x83) volume.label = entries.utf16(at + 2, static_cast<std::size_t>(std::min<std::uint64_t>(entries.le(at + 1, 1), 11)));
      if (first && kind == 0x81 && fits && (entries.le(at + 1, 1) & 1) == 0) {
        if (const std::optional<std::uint64_t> used = used_of(entries, at, table, clusters, volume, window)) volume.used = *used << cluster_shift;
      }
      if (kind != 0x85) continue;
      note_date(volume, exfat_time(entries, at + 8, at + 22));
      note_date(volume, exfat_time(entries, at + 12, at + 23));
      const bool is_folder = (entries.le(at + 4, 2) & 16) != 0;
      if (is_folder && entries.le(at + kEntry, 1) == 0xc0) folders.add(entries.le(at + kEntry + 20, 4));
    }
  }
}

}  // namespace carousel::safety
