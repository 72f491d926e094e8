#include "engine/safety/file_systems.hpp"

namespace carousel::safety {
namespace {

/// Notes what is used of a volume of `blocks` of that size, if it fits where it lies.
void note_used(Volume& volume, std::uint64_t blocks, std::uint64_t unused, std::uint64_t size) {
  if (blocks != 0 && unused <= blocks && blocks <= volume.size / size) volume.used = (blocks - unused) * size;
}

bool is_block_size(std::uint64_t size) { return std::has_single_bit(size) && size >= 512 && size <= 65536; }

/// Seconds since 1970 of a date in digits, to the second, and how many quarters of an hour its clock was ahead; 0 if it is none.
std::uint64_t digits_time(const Bytes& b, std::size_t at) {
  std::array<std::uint64_t, 14> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::uint64_t c = b.le(at + i, 1);
    if (c < '0' || c > '9') return 0;
    digits[i] = c - '0';
  }
  const auto two = [&](std::size_t i) { return digits[i] * 10 + digits[i + 1]; };
  const std::uint64_t year = two(0) * 100 + two(2), month = two(4), day = two(6), hours = two(8), minutes = two(10), seconds = two(12);
  const std::int64_t ahead = static_cast<std::int8_t>(b.le(at + 16, 1));
  const std::uint64_t midnight = midnight_of(year, month, day);
  if (midnight == 0 || hours > 23 || minutes > 59 || seconds > 59 || ahead < -48 || ahead > 52) return 0;
  constexpr std::int64_t quarter = 900;
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(midnight + hours * 3600 + minutes * 60 + seconds) - ahead * quarter);
}

}  // namespace

void look_at_ext(const Bytes& b, Volume& volume) {
  constexpr std::size_t at = 1024;
  const std::uint64_t incompatible = b.le(at + 96, 4), also = b.le(at + 100, 4);
  const bool wide = (incompatible & 0x80) != 0, needs_replay = (incompatible & 4) != 0, in_order = (b.le(at + 58, 2) & 1) != 0;
  const std::uint64_t blocks = b.le(at + 4, 4) | (wide ? b.le(at + 0x150, 4) << 32 : 0);
  const std::uint64_t unused = b.le(at + 12, 4) | (wide ? b.le(at + 0x158, 4) << 32 : 0);
  const std::uint64_t size = b.le(at + 24, 4) <= 6 ? std::uint64_t{1024} << b.le(at + 24, 4) : 0;
  // The counts are written when it is taken out of use.
  if (size != 0 && in_order && !needs_replay) note_used(volume, blocks, unused, size);
  // What it needs for itself, in clusters, which are blocks unless a flag says otherwise.
  const std::uint64_t own = (also & 0x200) == 0 ? b.le(at + 0x248, 4) * size : 0;
  if (volume.used && own <= *volume.used) *volume.used -= own;
  note_date(volume, b.le(at + 48, 4) | b.le(at + 0x274, 1) << 32);
  volume.label = b.text(at + 120, 16);
}

void look_at_xfs(const Bytes& b, Volume& volume) {
  const std::uint64_t size = b.be(4, 4), own = b.be(48, 8) != 0 ? b.be(96, 4) : 0, blocks = b.be(8, 8);  // its log, where that lies on the same drive
  const bool in_making = b.le(126, 1) != 0;
  if (is_block_size(size) && !in_making && own < blocks && blocks <= volume.size / size) note_used(volume, blocks - own, b.be(144, 8), size);
  volume.label = b.text(108, 12);
}

void look_at_btrfs(const Bytes& b, Volume& volume) {
  constexpr std::size_t at = 0x10000;
  const std::uint64_t total = b.le(at + 112, 8), used = b.le(at + 120, 8), drives = b.le(at + 136, 8);
  // On several drives it counts for all of them.
  if (drives == 1 && total != 0 && used <= total && total <= volume.size) volume.used = used;
  volume.label = b.text(at + 299, 256);
}

void look_at_hfsplus(const Bytes& b, Volume& volume) {
  constexpr std::size_t at = 1024;
  const std::uint64_t attributes = b.be(at + 4, 4), size = b.be(at + 40, 4), written = b.be(at + 20, 4);
  const bool in_order = (attributes & 0x100) != 0 && (attributes & 0x800) == 0;
  if (in_order && is_block_size(size)) note_used(volume, b.be(at + 44, 4), b.be(at + 48, 4), size);
  constexpr std::uint64_t from_1904 = 2'082'844'800;
  if (written > from_1904) note_date(volume, written - from_1904);
}

void look_at_iso(const Bytes& b, Volume& volume) {
  constexpr std::size_t at = 0x8000;
  if (b.le(at, 1) != 1) return;
  const std::uint64_t size = b.le(at + 128, 2), blocks = b.le(at + 80, 4);
  if (is_block_size(size) && blocks == b.be(at + 84, 4)) note_used(volume, blocks, 0, size);
  note_date(volume, digits_time(b, at + 813));  // made
  note_date(volume, digits_time(b, at + 830));  // changed
  volume.label = b.text(at + 40, 32);
}

}  // namespace carousel::safety
