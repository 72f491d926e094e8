#include "engine/ring/reader.hpp"

#include <cstring>

namespace carousel::ring {

void Reader::wake_producer() {
  Header& h = ring_.header();
  // Only the sleeper takes its own announcement back: a consumer that died between taking it and ringing would leave it asleep for ever.
  if (h.producer_waiting.load() != 0) h.producer_bell.ring();
}

bool Reader::join() {
  Header& h = ring_.header();
  Entry& e = entry();
  const auto newest = [&] {
    const std::uint64_t head = h.head.load();
    return head == 0 ? 0 : head - 1;
  };
  if (seat() == Seat::attached) {  // there from the start
    e.joined.store(e.cursor.load());
    wake_producer();
    return true;
  }
  // The order matters. Attached at a cursor that is not too new, we hold the producer back from here on; what it published between our two
  // looks at the head is then safe, and we may step forward to it. With the looks the other way round it could lap us unseen.
  e.cursor.store(newest());
  const Seat from = seat();
  if (from != Seat::reserved && from != Seat::aside) return false;
  auto expected = static_cast<std::uint32_t>(from);
  if (!e.seat.compare_exchange_strong(expected, static_cast<std::uint32_t>(Seat::attached))) return false;
  const std::uint64_t start = newest();
  e.cursor.store(start);
  if (e.joined.load() == kNone) e.joined.store(start);
  wake_producer();
  return true;
}

bool Reader::join_aside() {
  Entry& e = entry();
  const std::uint64_t head = ring_.header().head.load();
  e.cursor.store(head == 0 ? 0 : head - 1);
  auto reserved = static_cast<std::uint32_t>(Seat::reserved);
  if (!e.seat.compare_exchange_strong(reserved, static_cast<std::uint32_t>(Seat::aside))) return false;
  e.joined.store(e.cursor.load());
  wake_producer();
  return true;
}

void Reader::orphan() {
  orphaned_.store(true);
  entry().bell.ring();
}

bool Reader::over() {
  const Seat now = seat();
  if (now != Seat::attached && now != Seat::aside) {
    end_ = End::detached;
  } else if (entry().missing.load() == 0) {
    end_ = End::complete;  // also when asked to leave just now: there is nothing left to stop
  } else if (entry().stop.load() != 0 || ring_.header().stop.load() != 0) {
    end_ = End::stopped;
  } else if (orphaned_.load()) {
    end_ = End::orphaned;
  } else {
    return false;
  }
  return true;
}

void Reader::sleep_until_published(std::uint64_t head) {
  Header& h = ring_.header();
  Entry& e = entry();
  e.waiting.store(1);
  const bool alone = seat() == Seat::aside && !others_attached();
  if (h.head.load() != head || alone || over()) {
    e.waiting.store(0);
    return;
  }
  wake_producer();  // it may be held back by somebody slower, and must know that somebody starves
  e.bell.wait();
  e.waiting.store(0);
}

std::optional<Block> Reader::next() {
  while (!over()) {
    if (std::optional<Block> block = seat() == Seat::aside ? next_aside() : next_attached()) return block;
    if (end_ == End::broken) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Block> Reader::next_attached() {
  Entry& e = entry();
  const std::uint64_t sequence = e.cursor.load(), head = ring_.header().head.load();
  if (sequence == head) {
    sleep_until_published(head);
    return std::nullopt;
  }
  const Slot& slot = ring_.slot(sequence);
  const std::uint64_t number = slot.block.load();
  const std::uint64_t length = slot.length.load();
  const auto content = static_cast<Content>(slot.content.load());
  const std::uint32_t place = slot.place.load();
  const bool right = slot.sequence.load() == sequence && number == ring_.block_of(sequence) && place < ring_.slot_count() &&
                     (content == Content::skipped || length == ring_.length_of(number));
  if (seat() != Seat::attached) return std::nullopt;  // set aside or detached meanwhile: what we saw may be anything
  if (!right) {
    end_ = End::broken;
    return std::nullopt;
  }
  // Skipped although needed: the need came up after the producer had looked, and the next lap brings the block.
  if (content == Content::skipped || !ring_.needs(index_, number)) {
    e.cursor.store(sequence + 1);
    wake_producer();
    return std::nullopt;
  }
  from_copy_ = false;
  return Block{sequence, number, content, ring_.data(place).first(static_cast<std::size_t>(length))};
}

bool Reader::others_attached() const {
  const std::uint32_t used = ring_.header().entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    if (i != index_ && static_cast<Seat>(ring_.entry(i).seat.load()) == Seat::attached) return true;
  }
  return false;
}

std::optional<Block> Reader::next_aside() {
  if (!others_attached()) {  // nobody left to hold back
    join();
    return std::nullopt;
  }
  const std::uint64_t head = ring_.header().head.load();
  const std::uint64_t oldest = head > ring_.slot_count() ? head - ring_.slot_count() : 0;
  // Newest first: it is the last to be overwritten.
  for (std::uint64_t sequence = head; sequence-- > oldest;) {
    const std::uint64_t number = ring_.block_of(sequence);
    if (!ring_.needs(index_, number)) continue;
    const Slot& slot = ring_.slot(sequence);
    if (slot.sequence.load() != sequence) continue;
    const auto content = static_cast<Content>(slot.content.load());
    const std::uint64_t length = slot.length.load();
    const std::uint32_t place = slot.place.load();
    if (content == Content::skipped || length > copy_.size() || place >= ring_.slot_count()) continue;
    std::memcpy(copy_.data(), ring_.data(place).data(), static_cast<std::size_t>(length));
    // A sequence lock: the producer takes the label away before it touches the bytes.
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (slot.sequence.load() != sequence || length != ring_.length_of(number)) continue;
    from_copy_ = true;
    return Block{sequence, number, content, std::span<const std::byte>(copy_).first(static_cast<std::size_t>(length))};
  }
  sleep_until_published(head);
  return std::nullopt;
}

bool Reader::finish(const Block& block) {
  Entry& e = entry();
  if (from_copy_) {
    ring_.got(index_, block.number);
    return true;
  }
  // Only while attached is the slot ours. Taken away or set aside at any moment before this look, the bytes may have changed under the write.
  const bool counts = seat() == Seat::attached;
  if (counts) ring_.got(index_, block.number);
  e.cursor.store(block.sequence + 1);
  wake_producer();
  return counts;
}

bool Reader::pause() {
  auto attached = static_cast<std::uint32_t>(Seat::attached);
  entry().seat.compare_exchange_strong(attached, static_cast<std::uint32_t>(Seat::aside));
  ring_.header().producer_bell.ring();
  return seat() == Seat::aside;
}

bool Reader::must_stop() const {
  const Seat now = seat();
  const bool ours = now == Seat::attached || now == Seat::aside || now == Seat::reserved;
  return !ours || orphaned_.load() || entry().stop.load() != 0 || ring_.header().stop.load() != 0;
}

void Reader::leave() {
  entry().seat.store(static_cast<std::uint32_t>(Seat::left));
  ring_.header().producer_bell.ring();
}

}  // namespace carousel::ring
