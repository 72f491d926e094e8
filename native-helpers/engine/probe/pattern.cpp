#include "engine/probe/pattern.hpp"

#include <cstring>

namespace carousel::probe {
namespace {

constexpr std::size_t kWords = kStamp / sizeof(std::uint64_t);

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014; public domain): spreads every bit over all others. No cheating memory can
/// compress or guess what it gives without the seed.
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15U;

void make(std::uint64_t seed, std::uint64_t offset, std::byte* out) {
  std::uint64_t words[kWords];
  words[0] = mix(seed);
  words[1] = offset ^ mix(seed + 1);
  std::uint64_t state = mix(seed ^ mix(offset + kGolden));
  for (std::size_t i = 2; i < kWords; ++i) words[i] = mix(state += kGolden);
  std::memcpy(out, words, kStamp);
}

}  // namespace

void Pattern::fill(std::uint64_t offset, std::span<std::byte> out) const {
  for (std::size_t at = 0; at + kStamp <= out.size(); at += kStamp) make(seed_, offset + at, out.data() + at);
}

std::optional<std::uint64_t> Pattern::origin(std::span<const std::byte> stamp) const {
  std::uint64_t words[2];
  std::memcpy(words, stamp.data(), sizeof words);
  if (words[0] != mix(seed_)) return std::nullopt;
  const std::uint64_t offset = words[1] ^ mix(seed_ + 1);
  std::byte wanted[kStamp];
  make(seed_, offset, wanted);
  if (std::memcmp(wanted, stamp.data(), kStamp) != 0) return std::nullopt;
  return offset;
}

}  // namespace carousel::probe
