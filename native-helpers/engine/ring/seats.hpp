// The supervisor's side of the ring: giving seats to consumers and taking them away.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/ring/ring.hpp"

namespace carousel::ring {

class Seats {
 public:
  explicit Seats(const Ring& ring) : ring_(ring) {}

  /// A seat for a new consumer, with every block needed; nothing if all are taken. Before let_go() it is attached at the very first block at
  /// once: all who are there from the start share the first lap, however long each takes to get ready.
  /// With `later` it is only reserved, whenever that is: it has something to do before it can ride, and nobody waits for it.
  std::optional<std::uint32_t> reserve(bool may_step_aside, bool later = false);
  /// Lets one go on without holding the others back any more.
  void set_aside(std::uint32_t index);
  /// Whatever the reason a consumer is off (finished, failed, hung, dead): nobody waits for it from now on. Twice does no harm.
  void detach(std::uint32_t index);
  /// The consumer's process is gone for good: the seat may be given to another.
  void release(std::uint32_t index);

  /// Lets the producer begin; it waits for this once.
  void let_go();
  /// Asks one consumer, or everybody, to leave at the next block border.
  void ask_to_leave(std::uint32_t index);
  void stop_all();
  /// Whether the producer may set this one aside when it holds others back.
  void allow_step_aside(std::uint32_t index, bool allowed);
  /// Wakes the producer to look again.
  void nudge_producer();

 private:
  const Ring& ring_;
};

}  // namespace carousel::ring
