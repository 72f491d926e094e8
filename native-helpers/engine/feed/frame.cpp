#include "engine/feed/frame.hpp"

#include <algorithm>
#include <string_view>

namespace carousel::feed {
namespace {

constexpr std::string_view kMagic = "CRSLFEED";

void put(std::span<std::byte> bytes, std::size_t at, std::size_t size, std::uint64_t value) {
  for (std::size_t i = 0; i < size; ++i) bytes[at + i] = static_cast<std::byte>(value >> (8 * i) & 0xffU);
}

}  // namespace

std::uint64_t number_at(std::span<const std::byte> bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

std::array<std::byte, kHeaderSize> encode(const Header& header) {
  std::array<std::byte, kHeaderSize> bytes{};
  const auto magic = std::as_bytes(std::span(kMagic));
  std::copy(magic.begin(), magic.end(), bytes.begin());
  put(bytes, 8, 4, kFeedVersion);
  put(bytes, 12, 4, static_cast<std::uint32_t>(header.kind));
  put(bytes, 16, 8, header.block);
  put(bytes, 24, 4, header.length);
  put(bytes, 28, 4, header.unreadable ? 1 : 0);
  std::copy(header.digest.begin(), header.digest.end(), bytes.begin() + 32);
  put(bytes, 48, 4, header.ranges);
  return bytes;
}

Result<Header> decode(std::span<const std::byte, kHeaderSize> bytes) {
  Header header;
  const std::uint64_t kind = number_at(bytes, 12, 4), unreadable = number_at(bytes, 28, 4);
  const auto magic = std::as_bytes(std::span(kMagic));
  if (!std::equal(magic.begin(), magic.end(), bytes.begin())) return Error{Code::protocol, "what comes over the feed is no frame"};
  if (number_at(bytes, 8, 4) != kFeedVersion) return Error{Code::version_mismatch, "the feed has another version"};
  if (kind < 1 || kind > static_cast<std::uint32_t>(Kind::failed) || unreadable > 1) return Error{Code::protocol, "a frame of the feed is of no known kind"};
  header.kind = static_cast<Kind>(kind);
  header.block = number_at(bytes, 16, 8);
  header.length = static_cast<std::uint32_t>(number_at(bytes, 24, 4));
  header.unreadable = unreadable == 1;
  std::copy_n(bytes.begin() + 32, header.digest.size(), header.digest.begin());
  header.ranges = static_cast<std::uint32_t>(number_at(bytes, 48, 4));
  const auto again = encode(header);
  if (!std::equal(again.begin(), again.end(), bytes.begin())) return Error{Code::protocol, "a frame of the feed has bytes where none belong"};
  if (header.ranges > kMaxRanges || (header.kind != Kind::block && (header.ranges != 0 || header.length > kMaxText))) {
    return Error{Code::protocol, "a frame of the feed is too long"};
  }
  return header;
}

}  // namespace carousel::feed
