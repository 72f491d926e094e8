// Reads a target back and compares each block with the digest the producer took of the source. The source itself is not read.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "engine/ring/ring.hpp"
#include "engine/target/target.hpp"

namespace carousel {

/// One block that is not right on the target, and how that showed.
struct BadBlock {
  std::uint64_t number = 0;
  Error error;
  std::optional<Digest> found;  ///< of what reads back, if anything does
};

class Verifier {
 public:
  /// `buffer`: page-aligned room for one block. `checked` is called with each block compared and whether it is right, `stop` asked before each.
  Verifier(const ring::Ring& ring, Target& target, std::span<std::byte> buffer, std::function<void(std::uint64_t, bool)> checked, std::function<bool()> stop)
      : ring_(ring), target_(target), buffer_(buffer), checked_(std::move(checked)), stop_(std::move(stop)) {}

  /// Compares these blocks. An Error only where going on makes no sense (the device is gone, or too much of it is bad); bad blocks are in `bad`.
  Status run(std::span<const std::uint64_t> blocks, std::vector<BadBlock>& bad);

 private:
  Status check(std::uint64_t block, std::vector<BadBlock>& bad);

  const ring::Ring& ring_;
  Target& target_;
  std::span<std::byte> buffer_;
  std::function<void(std::uint64_t, bool)> checked_;
  std::function<bool()> stop_;
};

}  // namespace carousel
