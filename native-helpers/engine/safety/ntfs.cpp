#include "engine/safety/ntfs.hpp"

#include <vector>

#include "engine/safety/heavy.hpp"

namespace carousel::safety {
namespace {

/// Records of the table of files by their number.
constexpr std::uint64_t kVolume = 3, kRoot = 5, kBitmap = 6;
/// Attributes of a record by their type.
constexpr std::uint64_t kTimes = 0x10, kName = 0x60, kData = 0x80, kIndex = 0xa0, kEnd = 0xffffffff;

/// Sums over what is protected end every so many bytes, whatever the sector size.
constexpr std::size_t kStride = 512;
/// This much of a folder's list is looked through.
constexpr std::uint64_t kList = 65536;
/// This much is looked through at each end of the table of files.
constexpr std::uint64_t kTable = 2 * MiB;

struct Layout {
  std::uint64_t offset = 0;    ///< of the volume on the drive
  std::uint64_t cluster = 0;   ///< bytes
  std::uint64_t clusters = 0;  ///< as it says
  std::uint64_t room = 0;      ///< clusters that are there
  std::uint64_t table = 0;     ///< bytes from the beginning of the volume
  std::uint64_t record = 0;    ///< bytes
  std::uint64_t block = 0;     ///< bytes of one block of a folder's list
};

/// A size that is written as a count of units or, from 0x80 on, as a negative power of two.
std::uint64_t signed_byte(std::uint64_t value, std::uint64_t unit) {
  return value < 0x80 ? value * unit : std::uint64_t{1} << std::min<std::uint64_t>(0x100 - value, 31);
}

std::optional<Layout> layout_of(const Bytes& boot, const Volume& volume) {
  Layout l;
  const std::uint64_t sector = boot.le(11, 2), each = signed_byte(boot.le(13, 1), 1), first = boot.le(48, 8);
  l.offset = volume.offset, l.cluster = sector * each;
  if (l.cluster == 0 || l.cluster > 2 * MiB) return {};
  l.clusters = boot.le(40, 8) / each, l.room = volume.size / l.cluster;
  l.record = signed_byte(boot.le(64, 1), l.cluster), l.block = signed_byte(boot.le(68, 1), l.cluster);
  if (l.record < kStride || l.record > kList || l.record % kStride != 0 || first > l.room) return {};
  l.table = first * l.cluster;
  return l;
}

/// Puts back the last two bytes of each stride, which a number stands for on the drive; false, with nothing changed, if one is not whole.
bool restore(std::span<std::byte> block) {
  const Bytes b(block);
  const std::size_t list = static_cast<std::size_t>(b.le(4, 2)), count = static_cast<std::size_t>(b.le(6, 2));
  if (count != block.size() / kStride + 1 || list < 8 || list % 2 != 0 || list + 2 * count > kStride - 2) return false;
  for (std::size_t i = 1; i < count; ++i) {
    if (b.le(i * kStride - 2, 2) != b.le(list, 2)) return false;
  }
  for (std::size_t i = 1; i < count; ++i) std::copy_n(block.begin() + static_cast<std::ptrdiff_t>(list + 2 * i), 2, block.begin() + static_cast<std::ptrdiff_t>(i * kStride - 2));
  return true;
}

struct Record {
  std::vector<std::byte> bytes;
  bool whole = false;  ///< in use, and each sector of it as it was written
  [[nodiscard]] Bytes see() const { return Bytes(bytes); }
};

Record as_record(std::span<const std::byte> seen) {
  Record r{{seen.begin(), seen.end()}, false};
  if (r.see().is(0, "FILE")) r.whole = restore(r.bytes) && (r.see().le(22, 2) & 1) != 0;
  return r;
}

Record read_record(const Layout& l, std::uint64_t number, Window& window) { return as_record(window.at(l.offset + l.table + number * l.record, l.record)); }

/// Where the first attribute of that type and without a name of its own lies (folders' lists have one); 0 if there is none.
std::size_t find(const Bytes& record, std::uint64_t type) {
  for (std::size_t at = static_cast<std::size_t>(record.le(20, 2)); at + 16 <= record.size() && record.le(at, 4) != kEnd;) {
    const std::size_t length = static_cast<std::size_t>(record.le(at + 4, 4));
    if (length < 16 || length > record.size() - at) return 0;
    if (record.le(at, 4) == type && (type == kIndex || record.le(at + 9, 1) == 0)) return at;
    at += length;
  }
  return 0;
}

/// Where the value of an attribute that lies in its record begins; 0 if it does not, or is shorter than `least`.
std::size_t value_of(const Bytes& record, std::size_t attribute, std::uint64_t least) {
  const std::uint64_t length = record.le(attribute + 4, 4), value = record.le(attribute + 20, 2), bytes = record.le(attribute + 16, 4);
  if (attribute == 0 || record.le(attribute + 8, 1) != 0 || bytes < least || value + bytes > length) return 0;
  return attribute + static_cast<std::size_t>(value);
}

struct Run {
  std::uint64_t from = 0, count = 0;  ///< clusters
};

/// Where the bytes of an attribute lie that does not fit into its record; ends before the first run that makes no sense, a hole too.
std::vector<Run> runs_of(const Layout& l, const Bytes& record, std::size_t attribute) {
  std::vector<Run> runs;
  const std::uint64_t length = record.le(attribute + 4, 4), list = record.le(attribute + 32, 2);
  // Another record may hold an earlier part.
  if (attribute == 0 || record.le(attribute + 8, 1) != 1 || record.le(attribute + 16, 8) != 0 || list < 64 || list > length) return runs;
  const std::size_t end = attribute + static_cast<std::size_t>(length);
  std::uint64_t place = 0;
  for (std::size_t at = attribute + static_cast<std::size_t>(list); at < end && record.le(at, 1) != 0;) {
    const std::size_t of_count = static_cast<std::size_t>(record.le(at, 1) & 15), of_place = static_cast<std::size_t>(record.le(at, 1) >> 4);
    if (of_count == 0 || of_count > 8 || of_place == 0 || of_place > 8 || of_count + of_place >= end - at) break;
    const std::uint64_t count = record.le(at + 1, of_count), step = record.le(at + 1 + of_count, of_place);
    // The sign of the step is that of its highest byte.
    place += of_place < 8 && step >> (8 * of_place - 1) != 0 ? step - (std::uint64_t{1} << (8 * of_place)) : step;
    if (count == 0 || place == 0 || place >= l.room || count > l.room - place) break;
    runs.push_back({place, count});
    at += 1 + of_count + of_place;
  }
  return runs;
}

/// The bits of $Bitmap, one for each cluster.
std::optional<std::uint64_t> used_clusters(const Layout& l, Window& window) {
  const Record bitmap = read_record(l, kBitmap, window);
  if (!bitmap.whole || l.clusters > l.room) return {};
  const std::size_t data = find(bitmap.see(), kData);
  std::uint64_t left = l.clusters, used = 0;
  for (const Run& run : runs_of(l, bitmap.see(), data)) {
    const std::uint64_t bits = std::min(left, run.count * l.cluster * 8);
    const std::optional<std::uint64_t> set = bits_set(window, l.offset + run.from * l.cluster, bits);
    if (!set) return {};
    used += *set, left -= bits;
  }
  return left == 0 && used > 0 ? std::optional(used) : std::nullopt;
}

/// Seconds since 1970 of a count of 100 ns since 1601; 0 if it is earlier.
std::uint64_t time_of(std::uint64_t ticks) {
  constexpr std::uint64_t second = 10'000'000, from_1601 = 11'644'473'600;
  return ticks / second > from_1601 ? ticks / second - from_1601 : 0;
}

/// When files were made or written to, at both ends of the table of files.
void note_dates(const Layout& l, const Record& table, Volume& volume, Window& window) {
  const Bytes b = table.see();
  const std::size_t data = find(b, kData);
  const std::uint64_t size = b.le(data + 56, 8);
  std::uint64_t before = 0;  // bytes of the table in earlier runs
  for (const Run& run : runs_of(l, b, data)) {
    const std::uint64_t bytes = std::min(run.count * l.cluster, size - std::min(size, before));
    for (std::uint64_t at = 0; at + l.record <= bytes;) {
      const std::uint64_t here = before + at;
      // What lies between the two ends is passed over.
      if (size > 2 * kTable && here >= kTable && here < size - kTable) {
        at += std::min(bytes - at, round_up(size - kTable - here, l.record));
        continue;
      }
      const std::uint64_t piece = round_down(std::min(bytes - at, kApproved), l.record);
      if (!window.afford(piece)) return;
      const std::span<const std::byte> seen = window.at(l.offset + run.from * l.cluster + at, piece);
      for (std::uint64_t i = 0; i + l.record <= seen.size(); i += l.record) {
        const Record file = as_record(seen.subspan(static_cast<std::size_t>(i), static_cast<std::size_t>(l.record)));
        const std::size_t times = file.whole ? value_of(file.see(), find(file.see(), kTimes), 48) : 0;
        if (times == 0) continue;
        note_date(volume, time_of(file.see().le(times, 8)));
        note_date(volume, time_of(file.see().le(times + 8, 8)));
      }
      at += piece;
    }
    before += run.count * l.cluster;
  }
}

/// Names of a short list lie in the folder's record, of a longer one in clusters of their own. Looked for in what is damaged, too.
bool root_holds_backup(const Layout& l, Window& window) {
  const Record root = read_record(l, kRoot, window);
  if (!root.see().is(0, "FILE")) return false;
  if (mentions_backup(root.see())) return true;
  const std::vector<Run> runs = runs_of(l, root.see(), find(root.see(), kIndex));
  if (runs.empty()) return false;
  const std::span<const std::byte> seen = window.at(l.offset + runs.front().from * l.cluster, kList);
  std::vector<std::byte> list(seen.begin(), seen.end());
  if (l.block >= kStride && l.block <= kList && l.block % kStride == 0) {
    for (std::size_t at = 0; at + l.block <= list.size(); at += static_cast<std::size_t>(l.block)) (void)restore(std::span(list).subspan(at, static_cast<std::size_t>(l.block)));
  }
  return mentions_backup(Bytes(list));
}

}  // namespace

void look_at_ntfs(const Bytes& boot, Volume& volume, Window& window) {
  const std::optional<Layout> l = layout_of(boot, volume);
  if (!l) return;
  volume.backup = root_holds_backup(*l, window);
  const Record table = read_record(*l, 0, window);
  const std::vector<Run> runs = table.whole ? runs_of(*l, table.see(), find(table.see(), kData)) : std::vector<Run>();
  // The table says where it lies itself; its first records, which are read by number, in the first run.
  if (runs.empty() || runs.front().from * l->cluster != l->table || runs.front().count * l->cluster < (kBitmap + 1) * l->record) return;
  const Record name = read_record(*l, kVolume, window);
  if (name.whole) {
    const std::size_t at = find(name.see(), kName);
    if (const std::size_t text = value_of(name.see(), at, 2); text != 0) volume.label = name.see().utf16(text, static_cast<std::size_t>(std::min<std::uint64_t>(name.see().le(at + 16, 4) / 2, 128)));
  }
  if (const std::optional<std::uint64_t> used = used_clusters(*l, window)) volume.used = *used * l->cluster;
  note_dates(*l, table, volume, window);
}

}  // namespace carousel::safety
