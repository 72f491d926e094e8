// What is used, the newest date and the label of each file system, from structures as its own tools write them; and nothing where one is implausible.
#include <functional>
#include <random>

#include "tests/foreign_drive.hpp"
#include "tests/test.hpp"

using namespace carousel;
using safety::Volume;
using test::Drive;

namespace {

constexpr std::size_t kSize = 4 << 20;
constexpr std::uint64_t kDay = 1'709'211'902;  // 2024-02-29 13:05:02
constexpr std::uint64_t kDosDate = (44U << 9) | (2U << 5) | 29U, kDosTime = (13U << 11) | (5U << 5) | 1U;

Volume only(const Drive& d) {
  const safety::Contents c = d.look();
  return c.volumes.size() == 1 ? c.volumes[0] : Volume{};
}

/// One change of a good volume, after which nothing is to be said of it.
struct Damage {
  const char* what;
  std::function<void(Drive& d)> to;
};

template <std::size_t N>
void says_nothing(const Drive& good, const Damage (&all)[N], bool of_used) {
  for (const Damage& damage : all) {
    Drive d = good;
    damage.to(d);
    const Volume v = only(d);
    if (of_used ? v.used.has_value() : v.newest.has_value()) test::fail(__FILE__, __LINE__, damage.what);
  }
}

// FAT

constexpr std::size_t kFatData = 64 * 512;

/// FAT32 of one sector a cluster: two tables of 16 sectors, a root folder, a photo in it.
Drive fat32() {
  Drive d(kSize);
  d.le(11, 512, 2), d.le(13, 1, 1), d.le(14, 32, 2), d.le(16, 2, 1), d.le(32, 2000, 4), d.le(36, 16, 4), d.le(44, 2, 4), d.le(48, 1, 2);
  d.text(82, "FAT32   "), d.le(510, 0xaa55, 2), d.text(71, "NO NAME    ");
  d.le(512, 0x41615252, 4), d.le(512 + 484, 0x61417272, 4), d.le(512 + 488, 1900, 4);
  const std::size_t table = 32 * 512;
  d.le(table, 0x0ffffff8, 4), d.le(table + 4, 0x0fffffff, 4), d.le(table + 8, 0x0fffffff, 4), d.le(table + 12, 0x0fffffff, 4);
  d.text(kFatData, "HOLIDAY    "), d.le(kFatData + 11, 8, 1);
  d.text(kFatData + 32, "PHOTO   JPG"), d.le(kFatData + 32 + 24, kDosDate, 2), d.le(kFatData + 32 + 22, kDosTime, 2);
  return d;
}

void fat_folder(Drive& d, std::size_t entry, std::uint64_t cluster) {
  d.text(entry, "DCIM       "), d.le(entry + 11, 16, 1), d.le(entry + 20, cluster >> 16, 2), d.le(entry + 26, cluster & 0xffff, 2);
}

}  // namespace

TEST("file systems: FAT32 by its own count, or counted where that may be old") {
  const Volume v = only(fat32());
  CHECK(v.kind == "vfat" && v.label == "HOLIDAY" && v.newest == kDay);
  CHECK(v.used == std::uint64_t{(2000 - 64 - 1900) * 512});
  const Damage stale[] = {{"not taken out of use in order", [](Drive& d) { d.le(32 * 512 + 4, 0x07ffffff, 4); }},
                          {"in use when it was pulled", [](Drive& d) { d.le(65, 1, 1); }},
                          {"no count", [](Drive& d) { d.le(512 + 488, 0xffffffff, 4); }},
                          {"another sector in its place", [](Drive& d) { d.le(512 + 484, 0, 4); }}};
  for (const Damage& damage : stale) {
    Drive d = fat32();
    damage.to(d);
    if (only(d).used != std::uint64_t{2 * 512}) test::fail(__FILE__, __LINE__, damage.what);
  }
  const Damage broken[] = {{"larger than where it lies", [](Drive& d) { d.le(65, 1, 1), d.le(32, kSize / 512 + 1, 4); }},
                           {"a table that is too small", [](Drive& d) { d.le(65, 1, 1), d.le(36, 1, 4); }},
                           {"no sector size", [](Drive& d) { d.le(11, 511, 2); }}};
  says_nothing(fat32(), broken, true);
  const Damage dates[] = {{"31 February", [](Drive& d) { d.le(kFatData + 32 + 24, (44U << 9) | (2U << 5) | 31U, 2); }},
                          {"25 o'clock", [](Drive& d) { d.le(kFatData + 32 + 22, 25U << 11, 2); }},
                          {"month 13", [](Drive& d) { d.le(kFatData + 32 + 24, (44U << 9) | (13U << 5) | 1U, 2); }}};
  says_nothing(fat32(), dates, false);
}

TEST("file systems: FAT12 and FAT16 are counted") {
  for (const std::uint64_t clusters : {2000U, 5000U}) {
    Drive d(kSize);
    d.le(11, 512, 2), d.le(13, 1, 1), d.le(14, 1, 2), d.le(16, 2, 1), d.le(17, 512, 2), d.le(22, 20, 2), d.le(19, 41 + 32 + clusters, 2);
    d.text(54, clusters < 4085 ? "FAT12   " : "FAT16   "), d.le(510, 0xaa55, 2);
    // Three clusters, of which the last is behind the place where FAT12 is read in two pieces.
    const auto entry = [&](std::uint64_t n, std::uint64_t value) {
      if (clusters >= 4085) return d.le(512 + 2 * n, value, 2);
      const std::size_t at = 512 + n * 3 / 2;
      const std::uint64_t there = std::to_integer<std::uint64_t>(d.bytes[at]) | std::to_integer<std::uint64_t>(d.bytes[at + 1]) << 8;
      return d.le(at, n % 2 == 0 ? (there & 0xf000) | (value & 0xfff) : (there & 0xf) | (value & 0xfff) << 4, 2);
    };
    for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, std::uint64_t{3}, clusters + 1}) entry(n, 0xffff);
    d.text(41 * 512, "README  TXT"), d.le(41 * 512 + 24, kDosDate, 2), d.le(41 * 512 + 22, kDosTime, 2);
    const Volume v = only(d);
    CHECK(v.used == std::uint64_t{3 * 512} && v.newest == kDay);
  }
}

TEST("file systems: dates in folders of a FAT, and no end of folders") {
  Drive d = fat32();
  d.le(kFatData + 32 + 24, kDosDate - 512, 2);  // a year before
  fat_folder(d, kFatData + 64, 3), fat_folder(d, kFatData + 512 + 64, 4);
  d.text(kFatData + 512, ".          "), d.le(kFatData + 512 + 11, 16, 1), d.text(kFatData + 512 + 32, "..         "), d.le(kFatData + 512 + 43, 16, 1);
  d.text(kFatData + 1024, "NEW     JPG"), d.le(kFatData + 1024 + 24, kDosDate, 2), d.le(kFatData + 1024 + 22, kDosTime, 2);
  CHECK(only(d).newest == kDay);
  // A folder that leads to itself, and a thousand that lead nowhere.
  fat_folder(d, kFatData + 1024 + 32, 4), fat_folder(d, kFatData + 1024 + 64, 0xfffffff);
  d.read = 0;
  CHECK(only(d).newest == kDay && d.read < 4 * kSize);
}

namespace {

// exFAT

/// 8 KiB clusters: bitmap in the first, root folder in the second.
Drive exfat() {
  Drive d(kSize);
  constexpr std::size_t data = 128 * 512, root = data + 8192;
  d.text(3, "EXFAT   "), d.le(510, 0xaa55, 2), d.le(80, 64, 4), d.le(88, 128, 4), d.le(92, 400, 4), d.le(96, 3, 4), d.le(108, 9, 1), d.le(109, 4, 1);
  d.le(64 * 512 + 8, 0xffffffff, 4), d.le(64 * 512 + 12, 0xffffffff, 4);
  d.le(data, 0x1f, 1), d.le(data + 49, 0xff, 1);  // 13 of 400
  d.le(root, 0x83, 1), d.le(root + 1, 4, 1), d.le(root + 2, 'H', 2), d.le(root + 4, 0xe9, 2), d.le(root + 6, 0xd83d, 2), d.le(root + 8, 0xde00, 2);
  d.le(root + 32, 0x81, 1), d.le(root + 32 + 20, 2, 4), d.le(root + 32 + 24, 50, 8);
  d.le(root + 64, 0x85, 1), d.le(root + 64 + 12, kDosTime, 2), d.le(root + 64 + 14, kDosDate, 2), d.le(root + 64 + 23, 0x80 | 4, 1);  // an hour ahead
  d.le(root + 96, 0xc0, 1);
  return d;
}

}  // namespace

TEST("file systems: exFAT by its bitmap, never by the percentage beside it") {
  Drive d = exfat();
  d.le(112, 77, 1);
  const Volume v = only(d);
  CHECK(v.kind == "exfat" && v.label == "H\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(v.used == std::uint64_t{13 * 8192} && v.newest == kDay - 3600);
  constexpr std::size_t root = 128 * 512 + 8192;
  d.le(root + 64 + 23, 0x80 | 0x7c, 1);  // an hour behind
  CHECK(only(d).newest == kDay + 3600);
  const Damage broken[] = {{"a bitmap of another length", [](Drive& e) { e.le(root + 32 + 24, 49, 8); }},
                           {"a bitmap outside", [](Drive& e) { e.le(root + 32 + 20, 402, 4); }},
                           {"a bitmap in pieces", [](Drive& e) { e.le(64 * 512 + 8, 4, 4); }},
                           {"more clusters than there is room", [](Drive& e) { e.le(92, 4000, 4), e.le(root + 32 + 24, 500, 8); }},
                           {"the other bitmap", [](Drive& e) { e.le(root + 33, 1, 1); }}};
  says_nothing(exfat(), broken, true);
}

namespace {

// NTFS: 4 KiB clusters, records of 1 KiB. The table of files is in the clusters 4 to 15, the bitmap in 20, one of its two runs.

constexpr std::size_t kTable = 4 * 4096;
constexpr std::uint64_t kClusters = 1000;

/// Seals a record: the last two bytes of each sector move into the list at 48, a number comes in their place.
void seal(Drive& d, std::size_t at) {
  d.le(at + 4, 48, 2), d.le(at + 6, 3, 2), d.le(at + 48, 7, 2);
  for (std::size_t i = 1; i <= 2; ++i) {
    for (std::size_t n = 0; n < 2; ++n) d.bytes[at + 48 + 2 * i + n] = d.bytes[at + 512 * i - 2 + n];
    d.le(at + 512 * i - 2, 7, 2);
  }
}

std::size_t record(Drive& d, std::uint64_t number) {
  const std::size_t at = kTable + static_cast<std::size_t>(number) * 1024;
  d.text(at, "FILE"), d.le(at + 20, 56, 2), d.le(at + 22, 1, 2);
  return at;
}

/// A record with nothing but its dates, in seconds since 1970.
void file(Drive& d, std::uint64_t number, std::uint64_t made, std::uint64_t written) {
  const std::size_t at = record(d, number);
  d.le(at + 56, 0x10, 4), d.le(at + 60, 72, 4), d.le(at + 72, 48, 4), d.le(at + 76, 24, 2);
  d.le(at + 80, (made + 11'644'473'600) * 10'000'000, 8), d.le(at + 88, (written + 11'644'473'600) * 10'000'000 + 9'999'999, 8);
  d.le(at + 128, 0xffffffff, 4);
  seal(d, at);
}

/// A record whose data lies in two runs of clusters.
void stretched(Drive& d, std::uint64_t number, std::uint64_t size, std::uint64_t first, std::uint64_t count, std::int64_t step, std::uint64_t then) {
  const std::size_t at = record(d, number);
  d.le(at + 56, 0x80, 4), d.le(at + 60, 80, 4), d.le(at + 64, 1, 1), d.le(at + 56 + 32, 64, 2), d.le(at + 56 + 48, size, 8), d.le(at + 56 + 56, size, 8);
  d.le(at + 120, 0x11, 1), d.le(at + 121, count, 1), d.le(at + 122, first, 1);
  d.le(at + 123, 0x21, 1), d.le(at + 124, then, 1), d.le(at + 125, static_cast<std::uint64_t>(step), 2);
  d.le(at + 136, 0xffffffff, 4);
  seal(d, at);
}

Drive ntfs() {
  Drive d(kSize);
  d.text(3, "NTFS    "), d.le(11, 512, 2), d.le(13, 8, 1), d.le(40, kClusters * 8, 8), d.le(48, 4, 8), d.le(64, 0xf6, 1), d.le(68, 1, 1), d.le(510, 0xaa55, 2);
  stretched(d, 0, 20 * 1024, 4, 3, 30, 2);  // records 12 to 19 lie in the clusters 34 and 35
  stretched(d, 6, 125, 100, 1, -80, 1);     // the first 32768 bits in 100, no more are needed
  d.le(100 * 4096, 0xffff, 2), d.le(100 * 4096 + 124, 0xff01, 2);
  const std::size_t name = record(d, 3);
  d.le(name + 56, 0x60, 4), d.le(name + 60, 32, 4), d.le(name + 72, 6, 4), d.le(name + 76, 24, 2);
  d.le(name + 80, 'U', 2), d.le(name + 82, 0xfc, 2), d.le(name + 84, 0x20ac, 2), d.le(name + 88, 0xffffffff, 4);
  seal(d, name);
  file(d, 7, kDay - 1000, kDay - 500);
  return d;
}

}  // namespace

TEST("file systems: NTFS by its bitmap, its table of files and its own label") {
  const Volume v = only(ntfs());
  CHECK(v.kind == "ntfs" && v.label == "U\xc3\xbc\xe2\x82\xac");
  CHECK(v.used == std::uint64_t{17 * 4096});  // what the bitmap says past the last cluster is not counted
  CHECK(v.newest == kDay - 500);
  Drive later = ntfs();  // in the second run of the table; when it was made counts, too
  const std::size_t far = 34 * 4096;
  file(later, 8, kDay, 1000);
  std::copy_n(later.bytes.begin() + static_cast<std::ptrdiff_t>(kTable + 8 * 1024), 1024, later.bytes.begin() + static_cast<std::ptrdiff_t>(far));
  file(later, 8, 1000, 1000);
  CHECK(only(later).newest == kDay);
  Drive deleted = later;
  deleted.le(far + 22, 0, 2);
  CHECK(only(deleted).newest == kDay - 500);
  Drive torn = later;
  torn.le(far + 1022, 8, 2);
  CHECK(only(torn).newest == kDay - 500);
  Drive never = later;
  never.le(far + 80, UINT64_MAX, 8);
  CHECK(only(never).newest == kDay - 500);
}

TEST("file systems: nothing is said of an NTFS whose structures do not fit") {
  const Damage broken[] = {
      {"a torn record of the bitmap", [](Drive& d) { d.le(kTable + 6 * 1024 + 510, 8, 2); }},
      {"a bitmap that is no record", [](Drive& d) { d.text(kTable + 6 * 1024, "BAAD"); }},
      {"a bitmap outside", [](Drive& d) { d.le(kTable + 6 * 1024 + 120, 0x21, 1), d.le(kTable + 6 * 1024 + 122, 0xffff, 2); }},
      {"a hole in the bitmap", [](Drive& d) { d.le(kTable + 6 * 1024 + 120, 0x01, 1); }},
      {"a part of the bitmap only", [](Drive& d) { d.le(kTable + 6 * 1024 + 56 + 16, 1, 8); }},
      {"a bitmap of nothing", [](Drive& d) { d.le(100 * 4096, 0, 2), d.le(100 * 4096 + 124, 0, 2); }},
      {"more clusters than there is room", [](Drive& d) { d.le(40, 2000 * 8, 8); }},
      {"no clusters", [](Drive& d) { d.le(40, 0, 8); }},
      {"a table that lies elsewhere than it says", [](Drive& d) { d.le(kTable + 122, 5, 1); }},
      {"a cluster of nothing", [](Drive& d) { d.le(13, 0, 1); }},
  };
  says_nothing(ntfs(), broken, true);
}

TEST("file systems: a backup in the list of NTFS's root folder, also where a sector ends within its name") {
  Drive d = ntfs();
  const std::size_t root = record(d, 5), list = 200 * 4096;
  d.le(root + 56, 0xa0, 4), d.le(root + 60, 80, 4), d.le(root + 64, 1, 1), d.le(root + 65, 4, 1), d.le(root + 56 + 32, 72, 2);
  d.le(root + 128, 0x21, 1), d.le(root + 129, 1, 1), d.le(root + 130, 200, 2), d.le(root + 136, 0xffffffff, 4);
  seal(d, root);
  const std::string_view name = "WindowsImageBackup";
  for (std::size_t i = 0; i < name.size(); ++i) d.le(list + 500 + 2 * i, static_cast<unsigned char>(name[i]), 2);
  d.text(list, "INDX"), d.le(list + 4, 40, 2), d.le(list + 6, 9, 2), d.le(list + 40, 7, 2);
  for (std::size_t i = 1; i <= 8; ++i) d.le(list + 40 + 2 * i, i == 1 ? 's' : 0, 2), d.le(list + 512 * i - 2, 7, 2);
  CHECK(name[5] == 'w' && d.look().weighty == false);  // the sixth letter is at 510, and it is another one
  d.le(list + 42, 'w', 2);
  CHECK(d.look().weighty);
}

TEST("file systems: ext4 without what it needs for itself") {
  Drive ext(kSize);
  ext.le(1080, 0xef53, 2), ext.le(1028, 1024, 4), ext.le(1036, 900, 4), ext.le(1048, 2, 4), ext.le(1072, kDay, 4), ext.text(1144, "backup"), ext.le(1082, 1, 2);
  CHECK(only(ext).kind == "ext4" && only(ext).label == "backup" && only(ext).newest == kDay && only(ext).used == std::uint64_t{124 * 4096});
  Drive own = ext;
  own.le(1024 + 0x248, 100, 4);
  CHECK(only(own).used == std::uint64_t{24 * 4096});
  const Damage broken[] = {{"not taken out of use in order", [](Drive& d) { d.le(1082, 0, 2); }},
                           {"its journal is to be played", [](Drive& d) { d.le(1024 + 96, 4, 4); }},
                           {"more blocks than there is room", [](Drive& d) { d.le(1028, 1025, 4); }},
                           {"more unused than there are", [](Drive& d) { d.le(1036, 1025, 4); }},
                           {"no block size", [](Drive& d) { d.le(1048, 60, 4); }}};
  says_nothing(ext, broken, true);
}

TEST("file systems: XFS, btrfs, HFS+ and ISO 9660 by their first block") {
  Drive xfs(kSize);
  xfs.text(0, "XFSB"), xfs.be(4, 4096, 4), xfs.be(8, 1024, 8), xfs.be(48, 4, 8), xfs.be(96, 100, 4), xfs.text(108, "archive"), xfs.be(144, 900, 8);
  CHECK(only(xfs).kind == "xfs" && only(xfs).used == std::uint64_t{24 * 4096} && only(xfs).label == "archive" && !only(xfs).newest);
  const Damage of_xfs[] = {{"still being made", [](Drive& d) { d.le(126, 1, 1); }},
                           {"no block size", [](Drive& d) { d.be(4, 4095, 4); }},
                           {"no room", [](Drive& d) { d.be(8, 1025, 8); }},
                           {"endless", [](Drive& d) { d.be(8, UINT64_MAX, 8); }},
                           {"more unused than there is", [](Drive& d) { d.be(144, 925, 8); }}};
  says_nothing(xfs, of_xfs, true);

  Drive btrfs(kSize);
  constexpr std::size_t at = 0x10000;
  btrfs.text(at + 64, "_BHRfS_M"), btrfs.le(at + 112, kSize, 8), btrfs.le(at + 120, 147456, 8), btrfs.le(at + 136, 1, 8), btrfs.text(at + 299, "pool");
  CHECK(only(btrfs).kind == "btrfs" && only(btrfs).used == std::uint64_t{147456} && only(btrfs).label == "pool");
  const Damage of_btrfs[] = {{"one of two drives", [](Drive& d) { d.le(at + 136, 2, 8); }},
                             {"no room", [](Drive& d) { d.le(at + 112, kSize + 1, 8); }},
                             {"more used than there is", [](Drive& d) { d.le(at + 120, kSize + 1, 8); }}};
  says_nothing(btrfs, of_btrfs, true);

  Drive hfs(kSize);
  hfs.text(1024, "H+"), hfs.be(1028, 0x100, 4), hfs.be(1024 + 20, kDay + 2'082'844'800, 4), hfs.be(1024 + 40, 4096, 4), hfs.be(1024 + 44, 1024, 4), hfs.be(1024 + 48, 1000, 4);
  CHECK(only(hfs).kind == "hfsplus" && only(hfs).used == std::uint64_t{24 * 4096} && only(hfs).newest == kDay);
  const Damage of_hfs[] = {{"not taken out of use in order", [](Drive& d) { d.be(1028, 0, 4); }},
                           {"found damaged", [](Drive& d) { d.be(1028, 0x900, 4); }},
                           {"no room", [](Drive& d) { d.be(1024 + 44, 1025, 4); }}};
  says_nothing(hfs, of_hfs, true);

  Drive iso(kSize);
  iso.le(0x8000, 1, 1), iso.text(0x8001, "CD001"), iso.text(0x8000 + 40, "INSTALL "), iso.le(0x8000 + 80, 300, 4), iso.be(0x8000 + 84, 300, 4), iso.le(0x8000 + 128, 2048, 2);
  iso.text(0x8000 + 813, "2024022914050200"), iso.le(0x8000 + 829, 4, 1), iso.text(0x8000 + 830, "0000000000000000");
  CHECK(only(iso).kind == "iso9660" && only(iso).used == std::uint64_t{300 * 2048} && only(iso).label == "INSTALL" && only(iso).newest == kDay);
  const Damage of_iso[] = {{"cut short", [](Drive& d) { d.le(0x8000 + 80, 3000, 4), d.be(0x8000 + 84, 3000, 4); }},
                           {"two sizes", [](Drive& d) { d.le(0x8000 + 80, 299, 4); }}};
  says_nothing(iso, of_iso, true);
  const Damage of_date[] = {{"letters", [](Drive& d) { d.text(0x8000 + 813, "2O24"); }}, {"month 13", [](Drive& d) { d.text(0x8000 + 817, "13"); }}};
  says_nothing(iso, of_date, false);
}

TEST("file systems: counting and looking ends soon, whatever they say of themselves") {
  // 32 partitions, each an NTFS whose table and bitmap fill it many times over.
  Drive d(8 << 20);
  d.mbr(0, 0xee, 1, 16383);
  d.text(512, "EFI PART"), d.le(512 + 72, 2, 8), d.le(512 + 80, 128, 4), d.le(512 + 84, 128, 4);
  for (std::size_t i = 0; i < 32; ++i) d.le(1024 + i * 128, 1, 8), d.le(1024 + i * 128 + 32, 2048, 8), d.le(1024 + i * 128 + 40, 16383 - 34, 8);
  const Drive one = ntfs();
  std::copy(one.bytes.begin(), one.bytes.end(), d.bytes.begin() + (1 << 20));
  CHECK(d.look().volumes.size() == 32);
  d.read = 0;
  const std::size_t base = (1 << 20) + kTable;
  d.le(base + 56 + 56, UINT64_MAX, 8);
  (void)d.look();
  // What is read of each for its kind, and the allowance for all.
  CHECK(d.read < (32U << 20) + 32 * (1U << 20));
}

TEST("file systems: each damaged in one place after the other, looking stays inside the drive") {
  std::mt19937_64 random(11);
  const Drive all[] = {ntfs(), exfat(), fat32()};
  for (int round = 0; round < 600; ++round) {
    Drive d = all[round % 3];
    for (int n = 0; n < 4; ++n) {
      const std::size_t at = static_cast<std::size_t>(random() % (round % 2 == 0 ? 512 : 140'000));
      d.le(at, random() % 3 == 0 ? UINT64_MAX : random(), 1 + random() % 8);
    }
    for (const Volume& v : d.look().volumes) CHECK(v.used.value_or(0) <= v.size && v.newest.value_or(0) < 4'354'819'200);
  }
}
