// Looking at foreign bytes: numbers that never lead outside of them, and a window onto the drive that is moved about.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "engine/safety/contents.hpp"

namespace carousel::safety {

/// Numbers out of foreign bytes; outside of them everything is zero.
class Bytes {
 public:
  explicit Bytes(std::span<const std::byte> of) : of_(of) {}
  [[nodiscard]] std::uint64_t le(std::size_t at, std::size_t bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = (value << 8) | (at + i < of_.size() ? std::to_integer<std::uint64_t>(of_[at + i]) : 0U);
    return value;
  }
  /// The same with the first byte as the highest.
  [[nodiscard]] std::uint64_t be(std::size_t at, std::size_t bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value = (value << 8) | le(at + i, 1);
    return value;
  }
  [[nodiscard]] bool is(std::size_t at, std::string_view text) const {
    return at + text.size() <= of_.size() && std::memcmp(of_.data() + at, text.data(), text.size()) == 0;
  }
  [[nodiscard]] std::string text(std::size_t at, std::size_t longest) const {
    std::string out;
    for (std::size_t i = at; i < std::min(at + longest, of_.size()) && of_[i] != std::byte{0}; ++i) out += static_cast<char>(of_[i]);
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }
  /// `units` of UTF-16, the low byte first, as UTF-8; up to a zero. Half a pair becomes a question mark.
  [[nodiscard]] std::string utf16(std::size_t at, std::size_t units) const {
    std::string out;
    for (std::size_t i = 0; i < units && le(at + 2 * i, 2) != 0; ++i) {
      std::uint64_t c = le(at + 2 * i, 2);
      const std::uint64_t low = i + 1 < units ? le(at + 2 * i + 2, 2) : 0;
      if (c >= 0xd800 && c < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        ++i;
      } else if (c >= 0xd800 && c < 0xe000) {
        c = '?';
      }
      const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
      constexpr std::array<std::uint64_t, 4> first = {0, 0xc0, 0xe0, 0xf0};
      out += static_cast<char>(first[static_cast<std::size_t>(more)] | (c >> (6 * more)));
      for (int n = more; n-- > 0;) out += static_cast<char>(0x80 | ((c >> (6 * n)) & 0x3f));
    }
    return out;
  }
  [[nodiscard]] std::size_t size() const { return of_.size(); }

 private:
  std::span<const std::byte> of_;
};

/// A place on the drive that can be looked at: one buffer, filled anew for each look.
class Window {
 public:
  Window(std::uint64_t size, const ReadAt& read) : size_(size), read_(read), buffer_(round_up(kApproved + kPage, kPage)) {}
  /// Up to `length` bytes (at most 1 MiB) from `offset`; none if they are not there or cannot be read.
  std::span<const std::byte> at(std::uint64_t offset, std::uint64_t length) {
    if (offset >= size_) return {};
    const std::uint64_t from = round_down(offset, kPage), end = std::min(size_, offset + std::min(length, kApproved));
    const std::uint64_t whole = std::min(round_up(end, kPage), size_) - from;
    const std::span<std::byte> room = buffer_.span().first(static_cast<std::size_t>(whole));
    if (!read_(from, room)) return {};
    return room.subspan(static_cast<std::size_t>(offset - from), static_cast<std::size_t>(end - offset));
  }

  /// May `bytes` more be read that only say what would be lost? Of these there are so many for a whole drive, whatever is on it; what an approval
  /// needs is read in any case.
  bool afford(std::uint64_t bytes) {
    if (bytes > allowance_) return false;
    allowance_ -= bytes;
    return true;
  }

 private:
  static constexpr std::uint64_t kAllowance = 32 * MiB;

  std::uint64_t allowance_ = kAllowance;
  std::uint64_t size_;
  const ReadAt& read_;
  AlignedBuffer buffer_;
};

/// How many of the first `bits` bits at `offset` are set; nothing if they cannot be read or are too many to be counted.
inline std::optional<std::uint64_t> bits_set(Window& window, std::uint64_t offset, std::uint64_t bits) {
  const std::uint64_t length = bits / 8 + (bits % 8 != 0 ? 1 : 0);
  if (!window.afford(length)) return {};
  std::uint64_t set = 0;
  for (std::uint64_t at = 0; at < length; at += kApproved) {
    const std::uint64_t piece = std::min(length - at, kApproved);
    const std::span<const std::byte> seen = window.at(offset + at, piece);
    if (seen.size() != piece) return {};
    for (const std::byte b : seen) set += static_cast<std::uint64_t>(std::popcount(std::to_integer<unsigned>(b)));
    // What is left over in the last byte does not count.
    if (at + piece == length && bits % 8 != 0) set -= static_cast<std::uint64_t>(std::popcount(std::to_integer<unsigned>(seen.back()) >> (bits % 8)));
  }
  return set;
}

/// Seconds from 1970 to the beginning of a day of the years 1980 to 2107; 0 if there is no such day.
inline std::uint64_t midnight_of(std::uint64_t year, std::uint64_t month, std::uint64_t day) {
  constexpr std::array<std::uint64_t, 12> days_of = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1980 || year > 2107 || month < 1 || month > 12 || day < 1 || day > days_of[static_cast<std::size_t>(month - 1)]) return 0;
  // Counting years from March, so that the leap day comes last.
  const std::uint64_t y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;
  return (y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719468) * 86400;
}

/// Dates after this, in seconds since 1970, are nobody's: the end of FAT's calendar, 2107.
inline constexpr std::uint64_t kLatest = 4'354'819'199;

/// Notes a date on the volume, in seconds since 1970; 0 is none.
inline void note_date(Volume& volume, std::uint64_t when) {
  if (when <= kLatest && when > volume.newest.value_or(0)) volume.newest = when;
}

}  // namespace carousel::safety
