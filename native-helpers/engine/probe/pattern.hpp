// What a probe writes: every 512 bytes say which run wrote them and for which place they were meant, so that what reads back
// tells not only that it is wrong but where it came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace carousel::probe {

/// Bytes that are stamped and judged as one; every sector size in use is a multiple of it.
inline constexpr std::size_t kStamp = 512;

class Pattern {
 public:
  /// `seed` makes this run's stamps unlike those of any other run: what an earlier probe left behind is not taken for ours.
  explicit Pattern(std::uint64_t seed) : seed_(seed) {}

  /// Fills `out` (a multiple of kStamp long) with what belongs at `offset` (a multiple of kStamp).
  void fill(std::uint64_t offset, std::span<std::byte> out) const;
  /// Where these kStamp bytes were meant to be, if this run wrote them and they are whole; nothing otherwise.
  [[nodiscard]] std::optional<std::uint64_t> origin(std::span<const std::byte> stamp) const;

 private:
  std::uint64_t seed_;
};

}  // namespace carousel::probe
