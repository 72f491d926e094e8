// A consumer's side of the ring: stepping on at the head, the next block, stepping off.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "engine/ring/ring.hpp"

namespace carousel::ring {

/// One block to be written to the target.
struct Block {
  std::uint64_t sequence = 0;
  std::uint64_t number = 0;              ///< block of the source
  Content content = Content::good;
  std::span<const std::byte> data;       ///< bytes of the source, in the slot or in the reader's own copy
};

/// Why there is no next block.
enum class End {
  complete,   ///< the target has every block
  stopped,    ///< asked to leave
  detached,   ///< the supervisor took the seat away
  orphaned,   ///< producer or supervisor are gone
  broken      ///< the slot holds something it must not hold
};

class Reader {
 public:
  /// `copy` is room for one block, used while set aside.
  Reader(const Ring& ring, std::uint32_t index, std::span<std::byte> copy) : ring_(ring), index_(index), copy_(copy) {}

  /// Steps on: the ride begins with the block that was published last. False if the seat has been taken away.
  bool join();
  /// Takes its seat without stepping on: it holds nobody back, and nothing is read for it before it asks. False if the seat has been taken away.
  bool join_aside();
  /// Sleeps until there is a block that the target needs; nothing when the ride is over (end() says why).
  std::optional<Block> next();
  /// The block handed out last is on the device. False if it may have been overwritten while it was being written: it does not count then,
  /// and the target still needs it.
  bool finish(const Block& block);
  /// Keeps the seat without holding anybody back: next() steps on again as soon as a block is needed. False if the seat has been taken away.
  bool pause();
  /// Asked to leave, or nobody left to ride with.
  [[nodiscard]] bool must_stop() const;
  /// Steps off; the producer never waits for this target again.
  void leave();
  [[nodiscard]] End end() const { return end_; }

  /// From any thread: producer or supervisor are gone, do not wait for them.
  void orphan();

 private:
  std::optional<Block> next_attached();
  std::optional<Block> next_aside();
  bool over();
  void wake_producer();
  void sleep_until_published(std::uint64_t head);
  [[nodiscard]] Entry& entry() const { return ring_.entry(index_); }
  [[nodiscard]] Seat seat() const { return static_cast<Seat>(entry().seat.load()); }
  [[nodiscard]] bool others_attached() const;

  const Ring& ring_;
  std::uint32_t index_;
  std::span<std::byte> copy_;
  std::atomic<bool> orphaned_ = false;
  bool from_copy_ = false;
  End end_ = End::complete;
};

}  // namespace carousel::ring
