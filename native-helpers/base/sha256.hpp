// SHA-256 (FIPS 180-4), used for the root digest over all block digests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace carousel {

/// Streaming SHA-256: update any number of times, finish once.
class Sha256 {
 public:
  Sha256();
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] std::array<std::byte, 32> finish();

 private:
  void compress(const std::byte* block);
  std::array<std::uint32_t, 8> state_;
  std::array<std::byte, 64> tail_{};
  std::size_t tail_used_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace carousel
