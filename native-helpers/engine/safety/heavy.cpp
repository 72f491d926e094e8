#include "engine/safety/heavy.hpp"

#include <array>

namespace carousel::safety {
namespace {

/// GUIDs of volumes with BitLocker's metadata, as they lie on the drive: 4967d63b-2e29-4ad8-8399-f6a339e3d001, and 92a84d3b-dd80-4d0e-9e4e-b1e3284eaed8
/// where only what is used is encrypted.
constexpr std::array<std::string_view, 2> kBitLocker = {
    std::string_view("\x3b\xd6\x67\x49\x29\x2e\xd8\x4a\x83\x99\xf6\xa3\x39\xe3\xd0\x01", 16),
    std::string_view("\x3b\x4d\xa8\x92\x80\xdd\x0e\x4d\x9e\x4e\xb1\xe3\x28\x4e\xae\xd8", 16)};

constexpr std::uint64_t kRaid = 0xa92b4efc, kRaidSwapped = 0xfc4e2ba9;

constexpr std::array<std::string_view, 2> kBackups = {"WindowsImageBackup", "FileHistory"};
/// So many letters tell a name: what one entry of exFAT holds.
constexpr std::size_t kTelling = 15;

bool is_name(const Bytes& bytes, std::size_t at, std::string_view name) {
  for (std::size_t i = 0; i < std::min(name.size(), kTelling); ++i) {
    if (bytes.le(at + 2 * i, 2) != static_cast<unsigned char>(name[i])) return false;
  }
  return true;
}

}  // namespace

bool is_bitlocker_to_go(const Bytes& boot, std::uint64_t offset, Window& window) {
  if (!boot.is(3, "MSWIN4.1")) return false;
  for (const std::string_view guid : kBitLocker) {
    if (boot.is(424, guid)) return true;
  }
  const std::uint64_t metadata = boot.le(440, 8);
  return metadata != 0 && metadata < UINT64_MAX - offset && Bytes(window.at(offset + metadata, 512)).is(0, "-FVE-FS-");
}

bool ends_as_raid_member(std::uint64_t offset, std::uint64_t size, Window& window) {
  constexpr std::uint64_t old_unit = 65536;
  const auto magic = [&](std::uint64_t at) { return Bytes(window.at(offset + at, 512)).le(0, 4); };
  if (size >= 2 * old_unit) {
    const std::uint64_t old = magic(round_down(size, old_unit) - old_unit);  // the byte order of whoever made it
    if (old == kRaid || old == kRaidSwapped) return true;
  }
  return size >= 4 * kPage && magic(round_down(size - 2 * kPage, kPage)) == kRaid;
}

bool names_backup(const Bytes& bytes, std::size_t at, std::size_t length) {
  for (const std::string_view name : kBackups) {
    if (2 * std::min(name.size(), kTelling) <= length && is_name(bytes, at, name)) return true;
  }
  return false;
}

bool mentions_backup(const Bytes& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    for (const std::string_view name : kBackups) {
      if (is_name(bytes, at, name)) return true;
    }
  }
  return false;
}

}  // namespace carousel::safety
