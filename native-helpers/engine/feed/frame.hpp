// Frames of the feed: how blocks leave the ring for the process that sends them over a network, and come from such a process into the ring of
// another machine (docs/helper-protocol.md, "The feed"). What stands in a frame is believed only as far as it can be checked here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace carousel::feed {

inline constexpr std::uint32_t kFeedVersion = 1;
inline constexpr std::size_t kHeaderSize = 64;
/// Most unreadable ranges that one block may name: every second sector of the largest block.
inline constexpr std::uint32_t kMaxRanges = 16384;
/// Longest text of a `failed` frame, bytes.
inline constexpr std::uint32_t kMaxText = 4096;
/// Block frames that a receiver takes before it has said `took` for the first of them.
inline constexpr std::uint32_t kCredit = 4;

enum class Kind : std::uint32_t {
  block = 1,    ///< ranges (offset and length, 8 bytes each), then the bytes of the block
  lacks = 2,    ///< asks for a `lacks` line; `block` is a mark that comes back with it
  alive = 3,    ///< the sender is there and has nothing to send
  release = 4,  ///< 64 hexadecimal digits: the root digest of the source as the first node has it
  failed = 5    ///< text: why there is nothing more to come
};

struct Header {
  Kind kind = Kind::alive;
  std::uint64_t block = 0;
  std::uint32_t length = 0;   ///< bytes of the block, or of the text
  bool unreadable = false;    ///< some of it could not be read from the source and holds zeros
  std::uint32_t ranges = 0;   ///< ranges that follow the header
  Digest digest{};            ///< of the block
};

/// The header as it goes over the stream: little-endian, zeros where nothing is.
std::array<std::byte, kHeaderSize> encode(const Header& header);
/// Code::protocol for anything that encode() does not make.
Result<Header> decode(std::span<const std::byte, kHeaderSize> bytes);

/// A whole number, little-endian.
std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t size);

}  // namespace carousel::feed
