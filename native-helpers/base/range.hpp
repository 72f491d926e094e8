// Stretches of bytes.
#pragma once

#include <cstdint>
#include <vector>

namespace carousel {

/// A stretch of a drive. Bytes.
struct Range {
  std::uint64_t offset = 0, length = 0;
};

/// Adds a range behind the others; one that follows the last without a gap makes that one longer.
inline void add_range(std::vector<Range>& ranges, Range range) {
  if (!ranges.empty() && ranges.back().offset + ranges.back().length == range.offset) {
    ranges.back().length += range.length;
  } else {
    ranges.push_back(range);
  }
}

}  // namespace carousel
