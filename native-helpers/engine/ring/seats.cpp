#include "engine/ring/seats.hpp"

#include <algorithm>

namespace carousel::ring {

std::optional<std::uint32_t> Seats::reserve(bool may_step_aside, bool later) {
  Header& h = ring_.header();
  for (std::uint32_t i = 0; i < kMaxConsumers; ++i) {
    Entry& e = ring_.entry(i);
    if (static_cast<Seat>(e.seat.load()) != Seat::free) continue;
    e.waiting.store(0);
    e.cursor.store(0);
    e.stop.store(0);
    e.joined.store(kNone);
    e.bytes_done.store(0);
    e.activity.store(0);
    e.phase.store(0);
    e.gated_ns.store(0);
    e.bytes_checked.store(0);
    e.bad_blocks.store(0);
    e.healed_blocks.store(0);
    e.may_step_aside.store(may_step_aside ? 1 : 0);
    ring_.need_all(i);
    e.seat.store(static_cast<std::uint32_t>(h.hold.load() != 0 && !later ? Seat::attached : Seat::reserved));
    h.entries_used.store(std::max(h.entries_used.load(), i + 1));
    return i;
  }
  return std::nullopt;
}

void Seats::detach(std::uint32_t index) {
  Entry& e = ring_.entry(index);
  e.seat.store(static_cast<std::uint32_t>(Seat::left));
  e.bell.ring();
  nudge_producer();
}

void Seats::release(std::uint32_t index) {
  detach(index);
  ring_.entry(index).seat.store(static_cast<std::uint32_t>(Seat::free));
}

void Seats::set_aside(std::uint32_t index) {
  auto attached = static_cast<std::uint32_t>(Seat::attached);
  ring_.entry(index).seat.compare_exchange_strong(attached, static_cast<std::uint32_t>(Seat::aside));
  nudge_producer();
}

void Seats::let_go() {
  ring_.header().hold.store(0);
  nudge_producer();
}

void Seats::ask_to_leave(std::uint32_t index) {
  ring_.entry(index).stop.store(1);
  ring_.entry(index).bell.ring();
}

void Seats::stop_all() {
  Header& h = ring_.header();
  h.stop.store(1);
  const std::uint32_t used = h.entries_used.load();
  for (std::uint32_t i = 0; i < used; ++i) ring_.entry(i).bell.ring();
  nudge_producer();
}

void Seats::allow_step_aside(std::uint32_t index, bool allowed) {
  ring_.entry(index).may_step_aside.store(allowed ? 1 : 0);
  nudge_producer();
}

void Seats::nudge_producer() {
  ring_.header().producer_bell.ring();
}

}  // namespace carousel::ring
