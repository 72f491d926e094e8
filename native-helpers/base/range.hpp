// Stretches of bytes.
#pragma once

#include <algorithm>
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

/// Adds a range to ranges that are in order and apart from each other, and keeps them so. False if they held all of it already.
inline bool merge_range(std::vector<Range>& ranges, Range range) {
  auto at = ranges.begin();
  while (at != ranges.end() && at->offset + at->length < range.offset) ++at;
  std::uint64_t from = range.offset, to = range.offset + range.length;
  if (at != ranges.end() && at->offset <= from && at->offset + at->length >= to) return false;
  auto end = at;
  for (; end != ranges.end() && end->offset <= to; ++end) from = std::min(from, end->offset), to = std::max(to, end->offset + end->length);
  at = ranges.erase(at, end);
  ranges.insert(at, {from, to - from});
  return true;
}

}  // namespace carousel
