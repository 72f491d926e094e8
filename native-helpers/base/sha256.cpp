#include "base/sha256.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/sha256_rounds.hpp"
#include "base/sha256_x86.hpp"

namespace carousel {
namespace {

std::uint32_t load(const std::byte* p) {
  return (std::to_integer<std::uint32_t>(p[0]) << 24) | (std::to_integer<std::uint32_t>(p[1]) << 16) |
         (std::to_integer<std::uint32_t>(p[2]) << 8) | std::to_integer<std::uint32_t>(p[3]);
}

void take_one(std::array<std::uint32_t, 8>& state, const std::byte* block) {
  std::array<std::uint32_t, 64> w;
  for (std::size_t i = 0; i < 16; ++i) w[i] = load(block + 4 * i);
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t t1 =
        h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + ((e & f) ^ (~e & g)) + kSha256Rounds[i] + w[i];
    const std::uint32_t t2 = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> add = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += add[i];
}

void take_blocks(std::array<std::uint32_t, 8>& state, const std::byte* blocks, std::size_t count) {
  for (; count > 0; --count, blocks += 64) take_one(state, blocks);
}

}  // namespace

Sha256::Sha256(bool plain)
    : state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, take_(take_blocks) {
  static const Sha256Blocks fast = sha256_of_processor();
  if (fast != nullptr && !plain) take_ = fast;
}

void Sha256::update(std::span<const std::byte> bytes) {
  length_ += bytes.size();
  while (!bytes.empty()) {
    if (tail_used_ == 0 && bytes.size() >= 64) {
      take_(state_, bytes.data(), bytes.size() / 64);
      bytes = bytes.last(bytes.size() % 64);
      continue;
    }
    const std::size_t take = std::min(bytes.size(), 64 - tail_used_);
    std::memcpy(tail_.data() + tail_used_, bytes.data(), take);
    tail_used_ += take;
    bytes = bytes.subspan(take);
    if (tail_used_ == 64) {
      take_(state_, tail_.data(), 1);
      tail_used_ = 0;
    }
  }
}

std::array<std::byte, 32> Sha256::finish() {
  const std::uint64_t bits = length_ * 8;
  static constexpr std::array<std::byte, 64> padding = {std::byte{0x80}};
  update(std::span(padding).first(tail_used_ < 56 ? 56 - tail_used_ : 120 - tail_used_));
  std::array<std::byte, 8> size;
  for (std::size_t i = 0; i < 8; ++i) size[i] = static_cast<std::byte>(bits >> (56 - 8 * i));
  update(size);
  std::array<std::byte, 32> out;
  for (std::size_t i = 0; i < 32; ++i) out[i] = static_cast<std::byte>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return out;
}

}  // namespace carousel
