// The roles as threads of one process, so that ThreadSanitizer can see them: joins, leaves, detachments and set-asides at random moments.
#include <atomic>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "engine/ring/reader.hpp"
#include "engine/ring/ring.hpp"
#include "engine/ring/seats.hpp"
#include "engine/ring/writer.hpp"
#include "platform/clock.hpp"
#include "tests/test.hpp"

using namespace carousel;
using namespace carousel::ring;

namespace {

constexpr std::uint64_t kBlock = 65536;
// Each block carries its number at many places; a torn or overwritten one shows.
constexpr std::size_t kStep = 4096;

void fill(std::span<std::byte> room, std::uint64_t block) {
  for (std::size_t at = 0; at < room.size(); at += kStep) std::memcpy(room.data() + at, &block, sizeof block);
}

bool whole(std::span<const std::byte> data, std::uint64_t block) {
  for (std::size_t at = 0; at + sizeof block <= data.size(); at += kStep) {
    std::uint64_t found = 0;
    std::memcpy(&found, data.data() + at, sizeof found);
    if (found != block) return false;
  }
  return true;
}

struct Carousel {
  Carousel(std::uint64_t blocks, std::uint32_t slots) : ring(std::move(Ring::create({blocks * kBlock - 7, kBlock, slots}).value())), seats(ring) {}

  void produce() {
    Writer writer(ring);
    for (;;) {
      switch (writer.wait_turn()) {
        case Turn::stop: return;
        case Turn::skip: writer.publish_skipped(); break;
        case Turn::read: {
          const std::uint64_t block = ring.block_of(writer.next());
          fill(writer.claim(), block);
          ++read;
          writer.publish(static_cast<std::uint32_t>(ring.length_of(block)), Content::good);
        }
      }
    }
  }

  /// Rides to the end; how it ended. `slow_us` is spent on each block; counts blocks that were wrong although they counted.
  End ride(std::uint32_t seat, unsigned slow_us) {
    AlignedBuffer copy(kBlock);
    Reader reader(ring, seat, copy.span());
    if (!reader.join()) return End::detached;
    while (const std::optional<Block> block = reader.next()) {
      if (slow_us != 0) std::this_thread::sleep_for(std::chrono::microseconds(slow_us));
      const bool good = whole(block->data, block->number);
      if (reader.finish(*block) && !good) ++wrong;
    }
    reader.leave();
    return reader.end();
  }

  Ring ring;
  Seats seats;
  std::atomic<std::uint64_t> read = 0, wrong = 0;
};

}  // namespace

TEST("races: many riders step on at random, all get everything") {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    Carousel c(40, 2 + seed % 4);
    c.seats.let_go();
    std::thread producer([&] { c.produce(); });
    std::vector<std::thread> riders;
    std::atomic<int> complete = 0;
    for (int i = 0; i < 12; ++i) {
      const std::uint32_t seat = *c.seats.reserve(false);
      const auto slow = static_cast<unsigned>(random() % 3 == 0 ? random() % 300 : 0);
      riders.emplace_back([&c, &complete, seat, slow] { complete += c.ride(seat, slow) == End::complete ? 1 : 0; });
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 2000));
    }
    for (std::thread& rider : riders) rider.join();
    c.seats.stop_all();
    producer.join();
    CHECK(complete == 12 && c.wrong == 0);
  }
}

TEST("races: one producer lap serves all who are there from the start") {
  Carousel c(64, 3);
  std::vector<std::thread> riders;
  std::atomic<int> complete = 0;
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t seat = *c.seats.reserve(false);
    riders.emplace_back([&c, &complete, seat] { complete += c.ride(seat, 0) == End::complete ? 1 : 0; });
  }
  c.seats.let_go();
  std::thread producer([&] { c.produce(); });
  for (std::thread& rider : riders) rider.join();
  c.seats.stop_all();
  producer.join();
  CHECK(complete == 5 && c.wrong == 0 && c.read == 64 && c.ring.header().head.load() == 64);
}

// The reads of a rider whose seat is being taken away may race with the producer by design: what they see never counts (finish() says no).
// ThreadSanitizer would call that a race of the bytes, so these two run in the other builds.
#if !defined(__SANITIZE_THREAD__)

TEST("races: seats taken away at random never make a wrong block count, and hold nobody") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    std::mt19937 random(seed);
    Carousel c(60, 2 + seed % 3);
    c.seats.let_go();
    std::thread producer([&] { c.produce(); });
    std::vector<std::thread> riders;
    std::atomic<int> complete = 0, detached = 0;
    for (int i = 0; i < 10; ++i) {
      const std::uint32_t seat = *c.seats.reserve(false);
      const auto slow = static_cast<unsigned>(random() % 200);
      riders.emplace_back([&, seat, slow] {
        const End end = c.ride(seat, slow);
        (end == End::complete ? complete : detached) += 1;
      });
    }
    for (int i = 0; i < 4; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
      c.seats.detach(static_cast<std::uint32_t>(random() % 10));
    }
    for (std::thread& rider : riders) rider.join();
    c.seats.stop_all();
    producer.join();
    CHECK(complete + detached == 10 && complete >= 6 && c.wrong == 0);
  }
}

TEST("races: catch-up sets slow riders aside, and they still get everything") {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    Carousel c(50, 2 + seed % 4);
    std::vector<std::thread> riders;
    std::atomic<int> complete = 0;
    for (unsigned i = 0; i < 6; ++i) {
      const std::uint32_t seat = *c.seats.reserve(true);
      const unsigned slow = i < 2 ? 500 * (i + 1) : 20;
      riders.emplace_back([&c, &complete, seat, slow] { complete += c.ride(seat, slow) == End::complete ? 1 : 0; });
    }
    c.seats.let_go();
    std::thread producer([&] { c.produce(); });
    for (std::thread& rider : riders) rider.join();
    c.seats.stop_all();
    producer.join();
    CHECK(complete == 6 && c.wrong == 0);
  }
}

#endif
