// Every atomic here is sequentially consistent: the join protocol (reader.cpp) rests on one order of all attachments, head moves and
// surveys, and at a few thousand blocks a second the stronger order costs nothing that can be measured. model/ checks the protocol.
#include "engine/ring/writer.hpp"

#include <algorithm>

#include "platform/clock.hpp"

namespace carousel::ring {
namespace {

/// How long somebody starves, in all, before the gate is eased. Less may be no slow target but a process that waits for a processor, and with
/// every further slot in play blocks are less likely to be in the cache still when they are written.
constexpr std::uint32_t kPatienceMs = 10;
constexpr std::uint64_t kPatienceNs = kPatienceMs * 1'000'000ULL;
/// Who has no more than this before it will starve soon: time enough to read a block for it.
constexpr std::uint64_t kLittle = 2;

}  // namespace

Writer::Survey Writer::survey(std::uint64_t sequence, std::uint32_t window) const {
  const Header& h = ring_.header();
  const std::uint64_t block = ring_.block_of(sequence);
  const std::uint32_t used = h.entries_used.load();
  Survey seen;
  for (std::uint32_t i = 0; i < used; ++i) {
    const Entry& e = ring_.entry(i);
    const auto seat = static_cast<Seat>(e.seat.load());
    if (seat == Seat::aside) {
      // A block is read for it only when it is ready to take one; what it misses comes round again.
      if (e.waiting.load() == 0 || e.missing.load() == 0) continue;
      seen.wanted = seen.aside_ready = true;
      seen.next_wanted = seen.next_wanted || ring_.needs(i, block);
    }
    if (seat != Seat::attached) continue;
    seen.attached = true;
    const std::uint64_t cursor = e.cursor.load();
    seen.wanted = seen.wanted || needs_more(i, cursor, sequence);
    seen.next_wanted = seen.next_wanted || ring_.needs(i, block);
    if (cursor == sequence && e.waiting.load() != 0) seen.starving = true;
    if (sequence - std::min(cursor, sequence) <= kLittle) seen.running_dry = true;
    seen.slowest = std::min(seen.slowest, cursor);
    if (sequence - cursor >= window && cursor < sequence) {
      seen.blocked = true;
      seen.gating.set(i);
      seen.all_may_step_aside = seen.all_may_step_aside && e.may_step_aside.load() != 0;
    }
  }
  return seen;
}

/// Does it need anything beyond what is published and waits for it between its cursor and the head? Without this the last blocks of a lap
/// would send the producer into another one. The rider goes on meanwhile: the answer may be no too early, and it rings as soon as it has what it was just
/// given; it is never yes for a block that is there already.
bool Writer::needs_more(std::uint32_t index, std::uint64_t cursor, std::uint64_t sequence) const {
  const std::atomic<std::uint64_t>& missing = ring_.entry(index).missing;
  if (missing.load() > sequence - std::min(cursor, sequence)) return true;
  std::uint64_t coming = 0;
  for (std::uint64_t s = cursor; s < sequence; ++s) {
    const bool skipped = static_cast<Content>(ring_.slot(s).content.load()) == Content::skipped;
    if (!skipped && ring_.needs(index, ring_.block_of(s))) ++coming;
  }
  return missing.load() > coming;  // only now: see Ring::got()
}

/// Somebody starves while others hold the gate, and something can be done about it.
bool Writer::can_relieve(const Survey& seen) const { return seen.blocked && seen.starving && (can_widen() || seen.all_may_step_aside); }

/// One slow target holds the gate, has not moved for a while, and others have next to nothing left: more slots in play spare them the wait.
bool Writer::should_widen(const Survey& seen) {
  if (!seen.blocked || !seen.running_dry || !can_widen()) return false;
  const std::uint64_t now = platform::now_ns();
  if (held_at_ != seen.slowest) {
    held_at_ = seen.slowest;
    held_since_ns_ = now;
  }
  return now - held_since_ns_ >= kPatienceNs;
}

/// Puts more slots in play.
void Writer::widen() {
  Header& h = ring_.header();
  starved_ns_ = 0;
  const std::uint32_t window = h.window.load();
  const std::uint32_t wider = std::min(window * 2, widest_);
  // Without memory for more the window stays as it is: a slow target paces the others, or is set aside, that much earlier.
  if (ring_.allocate(window, wider)) {
    ring_.gather(window, wider);
    h.window.store(wider);
  } else {
    widest_ = window;
  }
}

/// Nobody waits any longer for those who hold the gate, if that is allowed.
void Writer::set_aside(std::uint64_t sequence) {
  Header& h = ring_.header();
  starved_ns_ = 0;
  const std::uint32_t window = h.window.load();
  const std::uint32_t used = h.entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    Entry& e = ring_.entry(i);
    const std::uint64_t cursor = e.cursor.load();
    if (cursor >= sequence || sequence - cursor < window || e.may_step_aside.load() == 0) continue;
    auto attached = static_cast<std::uint32_t>(Seat::attached);
    e.seat.compare_exchange_strong(attached, static_cast<std::uint32_t>(Seat::aside));
  }
}

/// Only targets that were set aside are left: they step on again when they are ready, and until then nothing is read for nobody.
void Writer::invite() {
  const std::uint32_t used = ring_.header().entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    Entry& e = ring_.entry(i);
    if (static_cast<Seat>(e.seat.load()) == Seat::aside && e.waiting.exchange(0) != 0) e.bell.ring();
  }
}

void Writer::sleep(const Survey& seen) {
  Header& h = ring_.header();
  const std::uint64_t from = platform::now_ns();
  const bool impatient = can_relieve(seen);
  if (impatient || (seen.blocked && seen.running_dry && can_widen())) {
    h.producer_bell.wait_for(kPatienceMs);
  } else {
    h.producer_bell.wait();
  }
  const std::uint64_t slept = platform::now_ns() - from;
  for (std::uint32_t i = 0; i < kMaxConsumers; ++i)
    if (seen.gating.test(i)) ring_.entry(i).gated_ns.fetch_add(slept);
  if (impatient) starved_ns_ += slept;
}

Turn Writer::wait_turn(const std::function<bool()>& unwanted) {
  Header& h = ring_.header();
  bool announced = false;
  for (;;) {
    if (h.stop.load() != 0) return Turn::stop;
    if (unwanted && h.hold.load() == 0 && unwanted()) return Turn::none;
    const std::uint64_t sequence = h.head.load();
    const Survey seen = survey(sequence, h.window.load());
    if (seen.wanted && seen.attached && !seen.blocked && h.hold.load() == 0) {
      h.producer_waiting.store(0);
      h.producer_phase.store(static_cast<std::uint32_t>(ProducerPhase::reading));
      return seen.next_wanted ? Turn::read : Turn::skip;
    }
    if (should_widen(seen) || (starved_ns_ >= kPatienceNs && can_relieve(seen))) {
      if (can_widen()) {
        widen();
      } else {
        set_aside(sequence);
      }
      continue;
    }
    if (seen.aside_ready && !seen.attached) invite();
    if (!announced) {
      // Say that we are about to sleep, then look once more: whoever changed something before that saw no sleeper to wake.
      h.producer_phase.store(static_cast<std::uint32_t>(seen.blocked ? ProducerPhase::gated : ProducerPhase::idle));
      h.producer_waiting.store(1);
      announced = true;
      continue;
    }
    sleep(seen);
    announced = false;
  }
}

/// Where the bytes of a sequence go. As many places are used as the window is wide, in turns, so that blocks stay in the processor's cache from
/// the producer's read to the last consumer's write. When the window has grown there are new places to use up; otherwise it is the place of
/// the sequence one window ago, which the gate says nobody attached reads any more. So any `window` sequences in a row have different places.
std::uint32_t Writer::take_place(std::uint64_t sequence) {
  const std::uint32_t window = ring_.header().window.load();
  ring_.slot(sequence).sequence.store(kNone);
  if (places_ < window) return places_++;
  Slot& oldest = ring_.slot(sequence - window);
  oldest.sequence.store(kNone);
  return oldest.place.load();
}

std::span<std::byte> Writer::claim() {
  place_ = take_place(next());
  std::atomic_thread_fence(std::memory_order_seq_cst);  // the old label is gone before the first byte changes
  return ring_.data(place_);
}

void Writer::label(std::uint64_t sequence, std::uint32_t length, Content content) {
  Header& h = ring_.header();
  Slot& slot = ring_.slot(sequence);
  slot.block.store(ring_.block_of(sequence));
  slot.length.store(length);
  slot.content.store(static_cast<std::uint32_t>(content));
  slot.place.store(place_);
  slot.sequence.store(sequence);
  h.head.store(sequence + 1);
  const std::uint32_t used = h.entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) {
    Entry& e = ring_.entry(i);
    if (e.waiting.load() != 0 && e.waiting.exchange(0) != 0) e.bell.ring();
  }
}

void Writer::publish(std::uint32_t length, Content content) { label(next(), length, content); }

void Writer::publish_skipped() {
  place_ = take_place(next());  // nothing is written there, but the turns go on
  label(next(), 0, Content::skipped);
}

}  // namespace carousel::ring
