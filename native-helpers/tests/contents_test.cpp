#include "engine/safety/contents.hpp"

#include <array>
#include <functional>
#include <random>

#include "engine/safety/approval.hpp"
#include "tests/foreign_drive.hpp"
#include "tests/test.hpp"

using namespace carousel;
using safety::Contents;
using test::Drive;

constexpr std::size_t kSize = 4 << 20;

TEST("contents: blank only when both ends hold nothing") {
  Drive d(kSize);
  CHECK(d.look().blank && d.look().readable && d.look().volumes.empty() && d.look().table == "none");
  d.le(2 << 20, 1, 1);  // in the middle, where nobody looks
  CHECK(d.look().blank);
  Drive end(kSize);
  end.le(kSize - 1, 1, 1);
  CHECK(!end.look().blank);
  Drive start(kSize);
  start.le(700'000, 1, 1);
  CHECK(!start.look().blank && start.look().volumes.size() == 1 && start.look().volumes[0].kind.empty());
}

TEST("contents: what is part of something larger or encrypted weighs more, on the drive and in a partition") {
  struct Row {
    const char* kind;
    std::size_t at;
    std::string_view bytes;
    bool weighty;
  };
  const Row rows[] = {
      {"crypto_LUKS", 0, "LUKS\xba\xbe", true}, {"BitLocker", 3, "-FVE-FS-", true},      {"LVM2_member", 512, "LABELONE", true},
      {"linux_raid_member", 4096, "\xfc\x4e\x2b\xa9", true}, {"apfs", 32, "NXSB", true}, {"btrfs", 0x10040, "_BHRfS_M", true},
      {"swap", 4086, "SWAPSPACE2", true},       {"ntfs", 3, "NTFS    ", false},          {"ext4", 1080, "\x53\xef", false},
      {"hfsplus", 1024, "H+", true},
      {"xfs", 0, "XFSB", false},                {"exfat", 3, "EXFAT   ", false},         {"iso9660", 0x8001, "CD001", false},
  };
  for (const Row& row : rows) {
    Drive whole(kSize);
    whole.text(row.at, row.bytes);
    const Contents on_drive = whole.look();
    if (on_drive.volumes.size() != 1 || on_drive.volumes[0].kind != row.kind || on_drive.weighty != row.weighty) test::fail(__FILE__, __LINE__, row.kind);
    Drive parted(kSize);
    parted.mbr(0, 0x83, 2048, 2048);
    parted.text((1 << 20) + row.at, row.bytes);
    const Contents in_part = parted.look();
    if (in_part.table != "mbr" || in_part.volumes.size() != 1 || in_part.volumes[0].kind != row.kind || in_part.weighty != row.weighty) {
      test::fail(__FILE__, __LINE__, row.kind);
    }
  }
  Drive typed(kSize);
  typed.mbr(1, 0xfd, 2048, 2048);  // the type alone
  CHECK(typed.look().weighty);
}

namespace {

/// A FAT32 boot sector as Windows writes it.
void fat32(Drive& d, std::size_t at, std::string_view maker) {
  d.text(at, "\xeb\x58\x90"), d.text(at + 3, maker), d.text(at + 82, "FAT32   ");
  d.le(at + 11, 512, 2), d.le(at + 13, 8, 1), d.le(at + 510, 0xaa55, 2);
}

}  // namespace

TEST("contents: BitLocker To Go behind its FAT boot sector, on the drive and in a partition") {
  constexpr std::string_view guid("\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 16);
  constexpr std::string_view used("\x3b\x4d\xa8\x92\x80\xdd\x0e\x4d\x9e\x4e\xb1\xe3\x28\x4e\xae\xd8", 16);
  struct Row {
    const char* what;
    std::string_view maker, guid;
    std::uint64_t metadata;  ///< where the boot sector says it is
    bool there, encrypted;
  };
  const Row rows[] = {
      {"by its GUID", "MSWIN4.1", guid, 0, false, true},
      {"only what is used is encrypted", "MSWIN4.1", used, 0, false, true},
      {"by its metadata", "MSWIN4.1", "", 65536, true, true},
      {"an ordinary stick of Windows", "MSWIN4.1", "", 0, false, false},
      {"metadata that is not there", "MSWIN4.1", "", 65536, false, false},
      {"metadata past the end", "MSWIN4.1", "", UINT64_MAX - 7, false, false},
      {"a GUID where others keep code", "MSDOS5.0", guid, 0, false, false},
  };
  for (const Row& row : rows) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{1} << 20}) {
      Drive d(kSize);
      if (at != 0) d.mbr(0, 0x0c, 2048, 4096);
      fat32(d, at, row.maker);
      d.text(at + 424, row.guid);
      if (row.guid.empty()) d.le(at + 440, row.metadata, 8);
      if (row.there) d.text(at + 65536, "-FVE-FS-");
      const Contents c = d.look();
      const std::string_view kind = row.encrypted ? "BitLocker" : "vfat";
      if (c.weighty != row.encrypted || c.volumes.size() != 1 || c.volumes[0].kind != kind) test::fail(__FILE__, __LINE__, row.what);
    }
  }
}

TEST("contents: members of arrays that say so at their end only, whatever they look like") {
  // mdadm's 1.0: 8 KiB before the end, whole pages; 0.90: the last whole 64 KiB before the last whole 64 KiB, in either byte order.
  struct Row {
    const char* what;
    std::size_t before;
    std::string_view magic;
    bool member;
  };
  const Row rows[] = {{"1.0", 8192, "\xfc\x4e\x2b\xa9", true},          {"0.90", 65536, "\xfc\x4e\x2b\xa9", true},
                      {"0.90, other order", 65536, "\xa9\x2b\x4e\xfc", true}, {"elsewhere", 4096, "\xfc\x4e\x2b\xa9", false}};
  for (const Row& row : rows) {
    Drive bare(kSize + 4096 + 512);
    fat32(bare, 0, "MSDOS5.0");
    const std::size_t whole = row.before == 65536 ? kSize : kSize + 4096;
    bare.text(whole - row.before, row.magic);
    if (bare.look().weighty != row.member || bare.look().volumes[0].kind != (row.member ? "linux_raid_member" : "vfat")) test::fail(__FILE__, __LINE__, row.what);
    Drive parted(kSize);
    parted.mbr(0, 0x0c, 2048, 4096);
    fat32(parted, 1 << 20, "MSDOS5.0");
    parted.text((1 << 20) + 4096 * 512 - row.before, row.magic);
    if (parted.look().weighty != row.member) test::fail(__FILE__, __LINE__, row.what);
    Drive around(kSize);  // the array has the partitions
    around.mbr(0, 0x0c, 2048, 2048);
    around.text(kSize - row.before, row.magic);
    if (around.look().weighty != row.member) test::fail(__FILE__, __LINE__, row.what);
    Drive empty(kSize);
    empty.text(kSize - row.before, row.magic);
    if (empty.look().weighty != row.member || empty.look().blank) test::fail(__FILE__, __LINE__, row.what);
  }
}

TEST("contents: backups of Windows weigh more") {
  const auto utf16 = [](Drive& d, std::size_t at, std::string_view name) {
    for (std::size_t i = 0; i < name.size(); ++i) d.le(at + 2 * i, static_cast<unsigned char>(name[i]), 2);
  };
  // 4 KiB clusters, the table of files in the fifth; its sixth record, of 1 KiB, is the root folder.
  const std::size_t root = 4 * 4096 + 5 * 1024, list = 100 * 4096;
  const auto ntfs = [&](Drive& d) {
    d.text(3, "NTFS    "), d.le(11, 512, 2), d.le(13, 8, 1), d.le(48, 4, 8), d.le(64, 0xf6, 1);
    d.text(root, "FILE"), d.le(root + 20, 56, 2), d.le(root + 56, 0x90, 4), d.le(root + 60, 200, 4);
    d.le(root + 256, 0xa0, 4), d.le(root + 260, 80, 4), d.le(root + 264, 1, 1), d.le(root + 256 + 32, 72, 2), d.le(root + 256 + 72, 0x11, 1), d.le(root + 256 + 73, 1, 1), d.le(root + 256 + 74, 100, 1);
    d.le(root + 336, 0xffffffff, 4);
  };
  Drive plain(kSize);
  ntfs(plain), utf16(plain, list + 100, "WindowsImages");
  CHECK(plain.look().volumes[0].kind == "ntfs" && !plain.look().weighty);
  Drive few(kSize), many(kSize), history(kSize);
  ntfs(few), utf16(few, root + 120, "WindowsImageBackup");
  ntfs(many), utf16(many, list + 8 * 1024, "WindowsImageBackup");
  ntfs(history), utf16(history, list + 82, "FileHistory");
  CHECK(few.look().weighty && many.look().weighty && history.look().weighty);

  Drive ex(kSize);
  ex.text(3, "EXFAT   "), ex.le(108, 9, 1), ex.le(109, 3, 1), ex.le(88, 64, 4), ex.le(92, 100, 4), ex.le(96, 2, 4);
  ex.le(64 * 512, 0x85, 1), ex.le(64 * 512 + 32, 0xc0, 1), ex.le(64 * 512 + 64, 0xc1, 1);
  utf16(ex, 64 * 512 + 66, "FileHistor");
  CHECK(ex.look().volumes[0].kind == "exfat" && !ex.look().weighty);
  utf16(ex, 64 * 512 + 66, "FileHistory");
  CHECK(ex.look().weighty);
}

TEST("contents: GPT, its partitions and their types") {
  Drive d(kSize);
  d.mbr(0, 0xee, 1, 8191);
  d.text(512, "EFI PART");
  d.le(512 + 72, 2, 8), d.le(512 + 80, 128, 4), d.le(512 + 84, 128, 4);
  d.le(1024, 0xc12a7328, 4), d.le(1024 + 32, 2048, 8), d.le(1024 + 40, 4095, 8);
  CHECK(d.look().table == "gpt" && d.look().volumes.size() == 1 && !d.look().weighty);
  CHECK(d.look().volumes[0].offset == 1 << 20 && d.look().volumes[0].size == 1 << 20);
  d.le(1024, 0xe6d6d379, 4);
  CHECK(d.look().weighty);
}

TEST("contents: whatever a stranger writes there, looking ends and stays inside the drive") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    Drive d(512 * (1 + random() % 6000));
    for (std::size_t i = 0; i < std::min<std::size_t>(d.bytes.size(), 70000); i += 8) d.le(std::min(i, d.bytes.size() - 8), random(), 8);
    if (d.bytes.size() >= 4096) {
      d.le(510, 0xaa55, 2);
      if (round % 3 == 0) d.text(82, "FAT32   ");
      if (round % 3 == 1) d.text(3, "EXFAT   "), d.le(108, 9 + random() % 4, 1), d.le(109, random() % 9, 1);
      if (round % 5 == 4) d.text(3, "NTFS    "), d.le(11, 512, 2), d.le(13, random() % 256, 1), d.le(64, random() % 256, 1);
      if (round % 5 == 3) d.text(1080, "\x53\xef"), d.le(1048, random() % 8, 4);
      if (round % 7 == 6) d.text(0, "XFSB"), d.le(510, 0, 2);
      if (round % 3 == 2) d.text(512, "EFI PART"), d.le(512 + 84, 128, 4), d.le(512 + 72, random() % 8, 8);
    }
    for (const safety::Volume& v : d.look().volumes) CHECK(v.offset + v.size <= d.bytes.size());
  }
}

TEST("contents: a token is of one drive in one state; each thing that tells it from another counts by itself") {
  platform::PathFacts facts;
  facts.kind = platform::PathKind::device;
  facts.bus_path = "usb1/1-2", facts.serial = "S12", facts.wwn = "eui.1";
  facts.size = 1000, facts.identity = {true, 8, 16, 0, 7};
  std::array<std::byte, 32> first{};
  const std::string token = safety::token_of(facts, 1, first), identity = safety::identity_of(facts);
  CHECK(token == safety::token_of(facts, 1, first) && token.starts_with("A1-1-") && token.size() == 5 + 64);
  struct Row {
    const char* what;
    std::function<void(platform::PathFacts& facts, int& level, std::array<std::byte, 32>& first)> change;
    bool same_drive;
  };
  const Row rows[] = {
      {"bus path", [](auto& f, auto&, auto&) { f.bus_path = "usb1/1-3"; }, false},
      {"serial number", [](auto& f, auto&, auto&) { f.serial = "S13"; }, false},
      {"world-wide name", [](auto& f, auto&, auto&) { f.wwn = "eui.2"; }, false},
      {"a serial number that became part of the path", [](auto& f, auto&, auto&) { f.bus_path += "S", f.serial = "12"; }, false},
      {"one byte larger", [](auto& f, auto&, auto&) { f.size = 1001; }, false},
      {"one byte smaller", [](auto& f, auto&, auto&) { f.size = 999; }, false},
      {"plugged in again", [](auto& f, auto&, auto&) { f.identity.sequence = 8; }, false},
      {"level", [](auto&, auto& level, auto&) { level = 2; }, true},
      {"the last bit of the first MiB", [](auto&, auto&, auto& digest) { digest[31] ^= std::byte{1}; }, true},
  };
  for (const Row& row : rows) {
    platform::PathFacts changed = facts;
    int level = 1;
    std::array<std::byte, 32> digest = first;
    row.change(changed, level, digest);
    // The level is written before the sum as well; the sum alone must tell.
    const bool same = safety::token_of(changed, level, digest).substr(5) == token.substr(5);
    if (same || (safety::identity_of(changed) == identity) != row.same_drive) test::fail(__FILE__, __LINE__, row.what);
  }
}

TEST("contents: a token says whether it is a yes to unmounting, too, and neither can be made of the other") {
  platform::PathFacts facts;
  facts.kind = platform::PathKind::device, facts.size = 1000;
  const std::array<std::byte, 32> first{};
  const std::string plain = safety::token_of(facts, 1, first), more = safety::token_of(facts, 1, first, safety::Grants::unmounting_too);
  CHECK(more.starts_with("A1-1-unmount-") && more.size() == 13 + 64);
  CHECK(more.substr(13) != plain.substr(5));
}

TEST("contents: levels of approval") {
  platform::PathFacts f;
  f.kind = platform::PathKind::device;
  f.size = 1000;
  Contents c;
  c.readable = true;
  CHECK(safety::level_of(f, c) == 2);  // fixed
  f.removable = true;
  CHECK(safety::level_of(f, c) == 1);
  c.blank = true;
  CHECK(safety::level_of(f, c) == 0);
  f.size = safety::kLargeDrive + 1;
  CHECK(safety::level_of(f, c) == 2);
  f.size = safety::kLargeDrive;
  c.weighty = true;
  CHECK(safety::level_of(f, c) == 2);
  c.weighty = false, c.readable = false;
  CHECK(safety::level_of(f, c) == 2);
}
