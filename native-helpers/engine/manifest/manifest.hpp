// What a manifest says of a source (docs/manifest-format.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/range.hpp"

namespace carousel::manifest {

inline constexpr std::string_view kFirstLine = "carousel-manifest 1";
/// Bounds of a file that is taken: the longest line, and the ranges it may name.
inline constexpr std::size_t kLongestLine = 32768;
inline constexpr std::uint64_t kMostRanges = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kMinBlock = 65536, kMaxBlock = 16777216, kMaxSize = std::uint64_t{1} << 53;

/// All but the digests.
struct Head {
  std::string program;                ///< version of the program that made it
  std::string time;                   ///< when, UTC, "2026-11-23T09:35:44Z"
  std::string source_path;
  std::string source_identity;        ///< what lasts about the source; may be empty
  bool source_is_device = false;
  std::uint64_t size = 0;             ///< bytes of the source
  std::uint64_t block_size = 0;
  std::string root;                   ///< root digest, 64 hexadecimal digits
  std::optional<std::string> sha256;  ///< of all bytes of the source, if they were read in order
  std::vector<Range> unreadable;      ///< in order, apart from each other

  [[nodiscard]] std::uint64_t block_count() const { return (size + block_size - 1) / block_size; }
};

}  // namespace carousel::manifest
