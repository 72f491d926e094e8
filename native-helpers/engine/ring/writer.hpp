// The producer's side of the ring: who holds it back (the gate), filling a slot, publishing it.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "engine/ring/ring.hpp"

namespace carousel::ring {

/// Why wait_turn() returned.
enum class Turn {
  read,  ///< somebody needs the next block: fill claim() and publish()
  skip,  ///< nobody needs the next block in this lap: publish_skipped()
  stop,  ///< the job is over
  none   ///< `unwanted` said so: what waits to be published is not needed any more
};

class Writer {
 public:
  /// Before anything is published: the places of the first window are put in order while the consumers get ready.
  explicit Writer(const Ring& ring) : ring_(ring), widest_(ring.slot_count()) { ring.gather(0, ring.header().window.load()); }

  /// Sleeps until the next sequence may be written, or the job is over. While nobody needs anything it sleeps too, unless `unwanted` is given and
  /// says that there is nothing to wait for; it is asked again after every wake-up.
  Turn wait_turn(const std::function<bool()>& unwanted = nullptr);
  /// The next sequence.
  [[nodiscard]] std::uint64_t next() const { return ring_.header().head.load(); }
  /// Takes the slot of the next sequence for filling: from now on its old label is gone.
  std::span<std::byte> claim();
  /// Labels the slot, makes it visible to all and wakes who sleeps.
  void publish(std::uint32_t length, Content content);
  void publish_skipped();

 private:
  struct Survey {
    bool wanted = false;        ///< somebody needs a block that is not on its way to it already
    bool attached = false;      ///< somebody rides attached
    bool aside_ready = false;   ///< somebody who was set aside sleeps and could take a block
    bool next_wanted = false;   ///< somebody needs the next block
    bool blocked = false;       ///< somebody attached has not read what the next slot still holds
    bool all_may_step_aside = true;
    bool starving = false;      ///< somebody has read everything there is and sleeps
    bool running_dry = false;   ///< somebody attached has next to nothing left to read
    std::uint64_t slowest = kNone;  ///< the cursor of whoever attached is furthest behind
    std::bitset<kMaxConsumers> gating;  ///< these, by their index
  };
  [[nodiscard]] Survey survey(std::uint64_t sequence, std::uint32_t window) const;
  [[nodiscard]] bool needs_more(std::uint32_t index, std::uint64_t cursor, std::uint64_t sequence) const;
  [[nodiscard]] bool can_relieve(const Survey& seen) const;
  [[nodiscard]] bool can_widen() const { return ring_.header().window.load() < widest_; }
  [[nodiscard]] bool should_widen(const Survey& seen);
  void widen();
  void set_aside(std::uint64_t sequence);
  void invite();
  void sleep(const Survey& seen);
  std::uint32_t take_place(std::uint64_t sequence);
  void label(std::uint64_t sequence, std::uint32_t length, Content content);

  const Ring& ring_;
  std::uint32_t widest_;      ///< slots that can be put in play
  std::uint32_t place_ = 0;   ///< of the sequence that is being filled
  std::uint32_t places_ = 0;  ///< places that have ever been used
  std::uint64_t starved_ns_ = 0;  ///< time that somebody has starved since the gate was eased last
  std::uint64_t held_at_ = kNone, held_since_ns_ = 0;  ///< the cursor that holds the gate, and since when
};

}  // namespace carousel::ring
