// A drive in memory, `size` bytes of zeros, onto which others' structures are put.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "engine/safety/contents.hpp"

namespace carousel::test {

struct Drive {
  explicit Drive(std::size_t size) : bytes(size) {}
  void text(std::size_t at, std::string_view what) { std::memcpy(bytes.data() + at, what.data(), what.size()); }
  /// A number of so many bytes, the lowest first.
  void le(std::size_t at, std::uint64_t value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
  /// The same, the highest first.
  void be(std::size_t at, std::uint64_t value, std::size_t length) {
    for (std::size_t i = 0; i < length; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * (length - 1 - i)));
  }
  void mbr(std::size_t slot, std::uint8_t type, std::uint32_t from, std::uint32_t count) {
    const std::size_t at = 446 + slot * 16;
    le(at + 4, type, 1), le(at + 8, from, 4), le(at + 12, count, 4), le(510, 0xaa55, 2);
  }
  [[nodiscard]] safety::Contents look() const {
    return safety::contents_of(bytes.size(), 512, [this](std::uint64_t offset, std::span<std::byte> out) {
      if (offset + out.size() > bytes.size()) return false;
      read += out.size();
      std::memcpy(out.data(), bytes.data() + offset, out.size());
      return true;
    });
  }
  std::vector<std::byte> bytes;
  mutable std::uint64_t read = 0;  ///< bytes, by all looks
};

}  // namespace carousel::test
