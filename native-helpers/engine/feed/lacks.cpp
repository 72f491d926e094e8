#include "engine/feed/lacks.hpp"

#include <algorithm>

namespace carousel::feed {
namespace {

/// A seat that rides. One that is only reserved has not said yet what it needs.
bool rides(const ring::Entry& entry) {
  const auto seat = static_cast<ring::Seat>(entry.seat.load());
  return seat == ring::Seat::attached || seat == ring::Seat::aside;
}

/// Takes away what is published and waits for this target between its cursor and the head.
void without_coming(const ring::Ring& ring, const ring::Entry& entry, std::vector<bool>& needed) {
  if (static_cast<ring::Seat>(entry.seat.load()) != ring::Seat::attached) return;
  const std::uint64_t head = ring.header().head.load();
  for (std::uint64_t sequence = entry.cursor.load(); sequence < head; ++sequence) {
    const ring::Slot& slot = ring.slot(sequence);
    const bool good = static_cast<ring::Content>(slot.content.load()) != ring::Content::skipped;
    if (good && slot.sequence.load() == sequence) needed[static_cast<std::size_t>(ring.block_of(sequence))] = false;
  }
}

std::vector<Range> ranges_of(const std::vector<bool>& set, std::size_t gap) {
  std::vector<Range> ranges;
  for (std::size_t block = 0; block < set.size(); ++block) {
    if (!set[block]) continue;
    if (!ranges.empty() && block - (ranges.back().offset + ranges.back().length) <= gap) {
      ranges.back().length = block + 1 - ranges.back().offset;
    } else {
      ranges.push_back({block, 1});
    }
  }
  return ranges;
}

}  // namespace

bool is_lacked(const ring::Ring& ring, std::uint64_t block) {
  const std::uint32_t used = ring.header().entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    if (rides(ring.entry(i)) && ring.needs(i, block)) return true;
  }
  return false;
}

std::vector<Range> lacked(const ring::Ring& ring, std::size_t most) {
  const auto blocks = static_cast<std::size_t>(ring.block_count());
  std::vector<bool> all(blocks);
  const std::uint32_t used = ring.header().entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    const ring::Entry& entry = ring.entry(i);
    if (!rides(entry) || entry.missing.load() == 0) continue;
    std::vector<bool> needed(blocks);
    for (std::size_t block = 0; block < blocks; ++block) needed[block] = ring.needs(i, block);
    without_coming(ring, entry, needed);
    for (std::size_t block = 0; block < blocks; ++block) all[block] = all[block] || needed[block];
  }
  std::vector<Range> ranges = ranges_of(all, 0);
  for (std::size_t gap = 1; ranges.size() > most; gap *= 2) ranges = ranges_of(all, gap);
  return ranges;
}

}  // namespace carousel::feed
