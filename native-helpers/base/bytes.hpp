// Small arithmetic on bytes, alignment and hexadecimal text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <string>

namespace carousel {

inline constexpr std::uint64_t KiB = 1024;
inline constexpr std::uint64_t MiB = 1024 * KiB;

/// Memory pages and direct I/O buffers are aligned to this many bytes; every sector size in use divides it.
inline constexpr std::size_t kPage = 4096;

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t to) { return (value + to - 1) / to * to; }
constexpr std::uint64_t round_down(std::uint64_t value, std::uint64_t to) { return value / to * to; }
constexpr bool is_power_of_two(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

/// A page-aligned block of memory, fit for direct I/O. Not filled: pages never touched cost nothing.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// `alignment`: a power of two, a page or more.
  explicit AlignedBuffer(std::size_t size, std::size_t alignment = kPage)
      : data_(size == 0 ? nullptr : static_cast<std::byte*>(::operator new(size, std::align_val_t{alignment})), Free{alignment}), size_(size) {}
  [[nodiscard]] std::span<std::byte> span() { return {data_.get(), size_}; }
  [[nodiscard]] std::byte* data() { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct Free {
    Free() noexcept : alignment(kPage) {}
    explicit Free(std::size_t aligned) noexcept : alignment(aligned) {}
    std::size_t alignment;
    void operator()(std::byte* p) const { ::operator delete(p, std::align_val_t{alignment}); }
  };
  std::unique_ptr<std::byte, Free> data_;
  std::size_t size_ = 0;
};

/// Lower-case hexadecimal text of the bytes.
inline std::string hex(std::span<const std::byte> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    text += digits[std::to_integer<unsigned>(b) >> 4];
    text += digits[std::to_integer<unsigned>(b) & 15U];
  }
  return text;
}

}  // namespace carousel
