#include <random>

#include "engine/feed/frame.hpp"
#include "engine/feed/lacks.hpp"
#include "engine/ring/seats.hpp"
#include "engine/ring/writer.hpp"
#include "tests/test.hpp"

using namespace carousel;

namespace {

constexpr std::uint64_t kBlock = 65536;

ring::Ring ring_of(std::uint64_t blocks) { return std::move(ring::Ring::create({blocks * kBlock, kBlock, 4}).value()); }

bool same(const std::vector<Range>& ranges, const std::vector<std::pair<std::uint64_t, std::uint64_t>>& wanted) {
  if (ranges.size() != wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (ranges[i].offset != wanted[i].first || ranges[i].length != wanted[i].second) return false;
  }
  return true;
}

}  // namespace

TEST("feed: a header comes back as it went") {
  feed::Header header{feed::Kind::block, 123'456'789'012, 65536, true, 7, {}};
  header.digest.fill(std::byte{0xa5});
  const Result<feed::Header> back = feed::decode(feed::encode(header));
  CHECK(back.ok());
  if (!back) return;
  CHECK(back->kind == header.kind && back->block == header.block && back->length == header.length && back->unreadable && back->ranges == 7);
  CHECK(back->digest == header.digest);
}

TEST("feed: whatever is no header is refused, and what is taken means what it says") {
  std::mt19937_64 random(3);
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    feed::Header header{static_cast<feed::Kind>(1 + random() % 5), random(), static_cast<std::uint32_t>(random()), random() % 2 == 0,
                        static_cast<std::uint32_t>(random() % 20'000), {}};
    auto bytes = feed::encode(header);
    for (std::size_t n = random() % 3; n > 0; --n) bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    const Result<feed::Header> back = feed::decode(bytes);
    if (!back) continue;
    ++taken;
    CHECK(feed::encode(*back) == bytes);
    CHECK(back->ranges <= feed::kMaxRanges);
    CHECK(back->kind == feed::Kind::block || (back->length <= feed::kMaxText && back->ranges == 0));
  }
  CHECK(taken > 1000);
}

TEST("feed: what is lacked is what riders need and what does not lie in the ring for them") {
  ring::Ring ring = ring_of(8);
  ring::Seats seats(ring);
  ring::Writer writer(ring);
  CHECK(feed::lacked(ring, 10).empty());
  const auto first = seats.reserve(false);
  CHECK(same(feed::lacked(ring, 10), {{0, 8}}));
  seats.let_go();
  CHECK(writer.wait_turn() == ring::Turn::read);
  writer.claim();
  writer.publish(kBlock, ring::Content::good);
  writer.publish_skipped();
  CHECK(same(feed::lacked(ring, 10), {{1, 7}}));  // skipped is not there
  const auto second = seats.reserve(false);       // only reserved: it has not said what it needs
  CHECK(same(feed::lacked(ring, 10), {{1, 7}}));
  for (const std::uint64_t block : {2U, 4U, 6U}) ring.got(*first, block);
  CHECK(same(feed::lacked(ring, 10), {{1, 1}, {3, 1}, {5, 1}, {7, 1}}));
  CHECK(same(feed::lacked(ring, 2), {{1, 7}}));  // fewer words, more blocks
  CHECK(feed::is_lacked(ring, 3) && !feed::is_lacked(ring, 4));
  seats.detach(*first);
  CHECK(feed::lacked(ring, 10).empty() && !feed::is_lacked(ring, 3));
  seats.release(*second);
}

TEST("feed: nobody waits for a turn with a block that nobody wants any more") {
  ring::Ring ring = ring_of(8);
  ring::Seats seats(ring);
  ring::Writer writer(ring);
  const auto seat = seats.reserve(false);
  seats.let_go();
  const auto unwanted = [&] { return !feed::is_lacked(ring, 5); };
  CHECK(writer.wait_turn(unwanted) == ring::Turn::read);
  ring.got(*seat, 5);
  CHECK(writer.wait_turn(unwanted) == ring::Turn::none);
}
