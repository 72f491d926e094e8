// Looking at foreign bytes: numbers that never lead outside of them, and a window onto the drive that is moved about.
#pragma once

#include <algorithm>
#include <cstring>
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
  [[nodiscard]] bool is(std::size_t at, std::string_view text) const {
    return at + text.size() <= of_.size() && std::memcmp(of_.data() + at, text.data(), text.size()) == 0;
  }
  [[nodiscard]] std::string text(std::size_t at, std::size_t longest) const {
    std::string out;
    for (std::size_t i = at; i < std::min(at + longest, of_.size()) && of_[i] != std::byte{0}; ++i) out += static_cast<char>(of_[i]);
    while (!out.empty() && out.back() == ' ') out.pop_back();
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

 private:
  std::uint64_t size_;
  const ReadAt& read_;
  AlignedBuffer buffer_;
};

}  // namespace carousel::safety
