// SHA-256 (FIPS 180-4): of the whole source, the root digest over all block digests, approvals.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/sha256_x86.hpp"

namespace carousel {

/// Streaming SHA-256: update any number of times, finish once.
class Sha256 {
 public:
  /// With the processor's own instructions where it has them, unless `plain`.
  explicit Sha256(bool plain = false);
  void update(std::span<const std::byte> bytes);
  [[nodiscard]] std::array<std::byte, 32> finish();

 private:
  std::array<std::uint32_t, 8> state_;
  Sha256Blocks take_;
  std::array<std::byte, 64> tail_{};
  std::size_t tail_used_ = 0;
  std::uint64_t length_ = 0;
};

}  // namespace carousel
