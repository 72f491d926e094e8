#include "engine/ring/ring.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "engine/ring/reader.hpp"
#include "engine/ring/seats.hpp"
#include "engine/ring/writer.hpp"
#include "tests/test.hpp"

using namespace carousel;
using namespace carousel::ring;

namespace {

constexpr std::uint64_t kBlock = 65536;

struct Rig {
  explicit Rig(std::uint64_t blocks, std::uint32_t slots, std::uint64_t odd = 0)
      : ring(std::move(Ring::create({blocks * kBlock - odd, kBlock, slots}).value())), seats(ring), writer(ring), copy(kBlock) {
    seats.let_go();
  }
  /// Publishes the next block filled with its number; only when it is this writer's turn without sleeping.
  void publish() {
    CHECK(writer.wait_turn() == Turn::read);
    const std::uint64_t block = ring.block_of(writer.next());
    std::memset(writer.claim().data(), static_cast<int>(block + 1), kBlock);
    writer.publish(static_cast<std::uint32_t>(ring.length_of(block)), Content::good);
  }
  Ring ring;
  Seats seats;
  Writer writer;
  AlignedBuffer copy;
};

}  // namespace

TEST("ring: dimensions out of range are refused") {
  for (const Dimensions& d : {Dimensions{0, kBlock, 4}, Dimensions{1, kBlock + 1, 4}, Dimensions{1, kBlock / 2, 4}, Dimensions{1, kBlock, 1},
                              Dimensions{1, kBlock, 1025}, Dimensions{1, 32 * MiB, 4}}) {
    CHECK(!Ring::create(d).ok());
  }
}

TEST("ring: the last block is as short as the source is odd") {
  const Rig rig(3, 2, 100);
  CHECK(rig.ring.block_count() == 3 && rig.ring.length_of(1) == kBlock && rig.ring.length_of(2) == kBlock - 100);
}

TEST("ring: places in large pages hold what was written there, for every process") {
  Result<Ring> ring = Ring::create({16 * MiB, MiB, 8});
  const Result<Ring> other = Ring::adopt(dup(static_cast<int>(ring->handle())));
  const Writer writer(*ring);  // gathers the first window
  const auto fill = [&](std::uint32_t place) { std::memset(ring->data(place).data(), static_cast<int>(place + 1), MiB); };
  const auto holds = [&](std::uint32_t place) {
    return std::ranges::all_of(other->data(place), [&](std::byte b) { return b == static_cast<std::byte>(place + 1); });
  };
  for (const std::uint32_t place : {0U, 1U, 2U, 3U}) fill(place);
  CHECK(ring->allocate(4, 8).ok());
  ring->gather(4, 8);
  for (const std::uint32_t place : {4U, 5U, 6U, 7U}) fill(place);
  for (std::uint32_t place = 0; place < 8; ++place) CHECK(holds(place));
}

TEST("ring: a damaged header is refused") {
  for (const int field : {0, 8, 12, 16, 24, 32, 40, 48, 56, 64, 72, 80, 88}) {
    Result<Ring> ring = Ring::create({10 * kBlock, kBlock, 4});
    auto* bytes = reinterpret_cast<unsigned char*>(&ring->header());
    bytes[field] ^= 0x41;
    const Result<Ring> again = Ring::adopt(dup(static_cast<int>(ring->handle())));
    CHECK(!again.ok() && again.error().code == Code::ring_broken);
  }
}

TEST("ring: a rider gets every block once, in order from where it stepped on, over the end of the source") {
  Rig rig(5, 4, 1);
  const std::uint32_t first = *rig.seats.reserve(false);
  Reader a(rig.ring, first, rig.copy.span());
  CHECK(a.join());
  const auto take = [&](Reader& r, std::uint64_t block) {
    const auto got = r.next();
    CHECK(got && got->number == block && got->data.size() == rig.ring.length_of(block));
    CHECK(got && std::to_integer<unsigned>(got->data[0]) == block + 1);
    CHECK(got && r.finish(*got));
  };
  for (std::uint64_t b = 0; b < 3; ++b) rig.publish(), take(a, b);

  const std::uint32_t second = *rig.seats.reserve(false);
  Reader late(rig.ring, second, rig.copy.span());
  CHECK(late.join());
  CHECK(rig.ring.entry(second).joined.load() == 2);  // the block that was published last
  take(late, 2);
  for (std::uint64_t b = 3; b < 5; ++b) rig.publish(), take(a, b), take(late, b);
  CHECK(!a.next() && a.end() == End::complete);
  a.leave();
  for (std::uint64_t b = 0; b < 2; ++b) rig.publish(), take(late, b);
  CHECK(!late.next() && late.end() == End::complete);
  CHECK(rig.ring.header().head.load() == 7);  // one lap and two blocks: nothing was read for nobody
}

TEST("ring: the producer waits for the slowest, and only for those who ride") {
  Rig rig(20, 2);
  const std::uint32_t seat = *rig.seats.reserve(false);
  Reader slow(rig.ring, seat, rig.copy.span());
  CHECK(slow.join());
  rig.publish(), rig.publish();
  CHECK(rig.ring.header().head.load() == 2);
  rig.ring.header().stop.store(1);  // it would sleep now; being told to stop shows that it may not go on
  CHECK(rig.writer.wait_turn() == Turn::stop);
  rig.ring.header().stop.store(0);
  const auto block = slow.next();
  CHECK(block && slow.finish(*block));
  rig.publish();
  rig.seats.detach(seat);
  const std::uint32_t other = *rig.seats.reserve(false);
  Reader next(rig.ring, other, rig.copy.span());
  CHECK(next.join());
  rig.publish();  // the detached one does not count any more
}

TEST("ring: a block written while the seat was taken away does not count") {
  Rig rig(4, 2);
  const std::uint32_t seat = *rig.seats.reserve(false);
  Reader r(rig.ring, seat, rig.copy.span());
  CHECK(r.join());
  rig.publish();
  const auto block = r.next();
  CHECK(block.has_value());
  rig.seats.detach(seat);
  CHECK(!r.finish(*block) && rig.ring.needs(seat, 0));
  CHECK(!r.next() && r.end() == End::detached);
}

TEST("ring: one that holds the others back is set aside, takes what it finds and steps on again") {
  Rig rig(8, 4);
  rig.ring.header().window.store(4);
  const std::uint32_t slow_seat = *rig.seats.reserve(true), fast_seat = *rig.seats.reserve(true);
  AlignedBuffer room(kBlock);
  Reader slow(rig.ring, slow_seat, room.span()), fast(rig.ring, fast_seat, rig.copy.span());
  CHECK(slow.join() && fast.join());
  for (int i = 0; i < 4; ++i) {
    rig.publish();
    const auto b = fast.next();
    CHECK(b && fast.finish(*b));
  }
  const auto stuck = slow.next();
  CHECK(stuck && stuck->number == 0);
  rig.ring.entry(fast_seat).waiting.store(1);  // asleep, waiting for block 4
  rig.publish();
  CHECK(static_cast<Seat>(rig.ring.entry(slow_seat).seat.load()) == Seat::aside);
  CHECK(!slow.finish(*stuck) && rig.ring.needs(slow_seat, 0));
  const auto sampled = slow.next();
  CHECK(sampled && sampled->number == 4 && std::to_integer<unsigned>(sampled->data[0]) == 5);
  CHECK(sampled && slow.finish(*sampled) && !rig.ring.needs(slow_seat, 4));
  fast.leave();
  int read_again = 0;
  std::thread producer([&] {
    for (Turn turn = rig.writer.wait_turn(); turn != Turn::stop; turn = rig.writer.wait_turn()) {
      if (turn == Turn::skip) {
        rig.writer.publish_skipped();
        continue;
      }
      const std::uint64_t block = rig.ring.block_of(rig.writer.next());
      std::memset(rig.writer.claim().data(), static_cast<int>(block + 1), kBlock);
      ++read_again;
      rig.writer.publish(static_cast<std::uint32_t>(rig.ring.length_of(block)), Content::good);
    }
  });
  std::uint64_t got = 1;
  while (const auto b = slow.next()) {  // steps on again by itself: nobody is left to hold back
    CHECK(std::to_integer<unsigned>(b->data[0]) == b->number + 1);
    if (slow.finish(*b)) ++got;
  }
  CHECK(got == 8 && slow.end() == End::complete);
  slow.leave();
  rig.seats.stop_all();
  producer.join();
  CHECK(read_again <= 8);  // the three blocks nobody had read yet, and what the slow one had missed, once
}

TEST("ring: 64 seats and no more; a free one is given again") {
  Rig rig(2, 2);
  for (std::uint32_t i = 0; i < kMaxConsumers; ++i) CHECK(*rig.seats.reserve(false) == i);
  CHECK(!rig.seats.reserve(false));
  rig.seats.release(17);
  CHECK(*rig.seats.reserve(false) == 17);
}
