#include "engine/producer/producer.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/digest.hpp"
#include "base/json.hpp"
#include "engine/producer/source_hash.hpp"
#include "engine/ring/ring.hpp"
#include "engine/ring/seats.hpp"
#include "engine/ring/writer.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/run_worker.hpp"
#include "engine/session/worker_link.hpp"
#include "engine/source/source.hpp"
#include "platform/clock.hpp"
#include "platform/rights.hpp"

namespace carousel {
namespace {

/// This many blocks in a row without one readable sector, and then a place that was readable before is not any more: the source is not
/// damaged, it has stopped answering, and zeros must not be copied for the rest of it.
constexpr int kDeadBlocks = 4;
/// A pause for the sake of a limit is taken in steps of this many milliseconds, so that the end of the job is not missed.
constexpr std::uint64_t kPauseStepMs = 50;

class Producer {
 public:
  Producer(const ring::Ring& ring, const ProducerOrders& orders, WorkerLink& link) : ring_(ring), orders_(orders), link_(link), writer_(ring_), probe_(kPage) {}

  int run();

 private:
  Status start();
  Status lap_block();
  Status check_alive(std::uint64_t length, const std::vector<Range>& bad);
  void keep_to_limit(std::uint64_t length);
  Status remember(std::uint64_t block, const Digest& digest, ring::Content content);
  Status look_again(const std::vector<Range>& stretches);
  Status check_unwritten() const;
  void tell_hash(const std::optional<std::string>& hash);

  const ring::Ring& ring_;
  const ProducerOrders orders_;
  WorkerLink& link_;
  ring::Writer writer_;
  std::optional<Source> source_;
  std::uint64_t not_before_ns_ = 0;  ///< when the limit allows the next block
  int dead_blocks_ = 0;
  std::optional<std::uint64_t> readable_;  ///< offset of a sector that could be read
  AlignedBuffer probe_;
  std::unique_ptr<SourceHash> hash_;  ///< if the hash of the whole source is wanted
  std::uint64_t unknown_ = 0;         ///< blocks that have no digest yet
};

Status Producer::start() {
  Result<Source> source = Source::open(orders_.path, [this] { ring_.header().source_activity.fetch_add(1); });
  if (!source) return std::move(source).error();
  if (source->file().identity() != orders_.identity) return Error{Code::changed_device, orders_.path + " is another device now than when it was checked"};
  if (source->size() != ring_.source_size()) return Error{Code::changed_device, orders_.path + " has another size now than when it was checked"};
  source->skip(orders_.skip);
  source_.emplace(std::move(*source));
  if (Status status = platform::give_up_rights(); !status) return status;
  if (orders_.hash) hash_ = std::make_unique<SourceHash>(ring_);
  for (std::uint64_t block = 0; block < ring_.block_count(); ++block) unknown_ += ring_.record(block).state.load() == 0 ? 1U : 0U;
  return {};
}

/// Blocks whose digest an earlier job has left: is this still that source? Ends early when the job does.
Status Producer::look_again(const std::vector<Range>& stretches) {
  AlignedBuffer room(static_cast<std::size_t>(ring_.block_size()));
  for (const Range& stretch : stretches) {
    if (stretch.offset >= ring_.block_count() || stretch.length > ring_.block_count() - stretch.offset) {
      return Error{Code::protocol, "the producer's orders name a block that is not there"};
    }
    for (std::uint64_t block = stretch.offset; block < stretch.offset + stretch.length; ++block) {
      if (ring_.header().stop.load() != 0) return {};
      if (ring_.record(block).state.load() == 0) continue;
      const std::uint64_t length = ring_.length_of(block);
      keep_to_limit(length);
      std::vector<Range> bad;
      if (Status status = source_->read_block(block * ring_.block_size(), length, room.span(), orders_.zero_fill, bad); !status) return status;
      ring_.header().bytes_read.fetch_add(length);
      const ring::Content content = bad.empty() ? ring::Content::good : ring::Content::unreadable;
      if (Status status = remember(block, digest_of(room.span().first(static_cast<std::size_t>(length))), content); !status) return status;
    }
  }
  return unknown_ == 0 ? check_unwritten() : Status();
}

/// All digests are known, and nobody can be done yet: are they all of one state of the source? One that is mounted for writing is written to all the
/// time; of that people are warned instead. A source that is gone by now has no mark any more, and nobody has written to it since.
Status Producer::check_unwritten() const {
  if (orders_.mark.empty() || source_->file().mounted_writable()) return {};
  const std::string now = source_->file().change_mark();
  if (now.empty() || now == orders_.mark) return {};
  return Error{Code::source_written, "something wrote to the source while it was read"};
}

void Producer::tell_hash(const std::optional<std::string>& hash) {
  if (hash) link_.say(json::Fields().add("say", "sha256").add("hex", *hash).str());
}

/// First reading: keep the digest. Any later one must give the same, or the source is flaky or was changed.
Status Producer::remember(std::uint64_t block, const Digest& digest, ring::Content content) {
  ring::BlockRecord& record = ring_.record(block);
  const auto state = 1 + static_cast<std::uint32_t>(content);
  if (record.state.load() == 0) {
    record.digest = digest;
    record.state.store(state);
    return --unknown_ == 0 ? check_unwritten() : Status();
  }
  if (record.digest == digest) return {};
  Error error{Code::source_changed, "block " + std::to_string(block) + " of the source read differently the second time"};
  error.offset = block * ring_.block_size();
  return error;
}

Status Producer::check_alive(std::uint64_t length, const std::vector<Range>& bad) {
  std::uint64_t lost = 0;
  for (const Range& range : bad) lost += range.length;
  if (lost < length) {
    dead_blocks_ = 0;
    return {};
  }
  if (++dead_blocks_ < kDeadBlocks || !readable_) return {};
  std::vector<Range> unused;
  const std::uint64_t n = std::min<std::uint64_t>(probe_.size(), source_->size() - *readable_);
  if (source_->read_block(*readable_, n, probe_.span(), false, unused)) return {};
  return Error{Code::source_gone, "the source has stopped answering"};
}

void Producer::keep_to_limit(std::uint64_t length) {
  if (orders_.limit == 0) return;
  std::uint64_t now = platform::now_ns();
  for (; now < not_before_ns_ && ring_.header().stop.load() == 0; now = platform::now_ns()) {
    platform::sleep_ms(static_cast<std::uint32_t>(std::min((not_before_ns_ - now) / 1'000'000U + 1, kPauseStepMs)));
    ring_.header().source_activity.fetch_add(1);  // a pause of our own is no silence of the source
  }
  not_before_ns_ = std::max(now, not_before_ns_) + static_cast<std::uint64_t>(static_cast<double>(length) * 1e9 / static_cast<double>(orders_.limit));
}

Status Producer::lap_block() {
  ring::Header& header = ring_.header();
  const std::uint64_t sequence = writer_.next(), block = ring_.block_of(sequence), offset = block * ring_.block_size(), length = ring_.length_of(block);
  keep_to_limit(length);
  if (hash_) hash_->make_room(sequence, header.window.load());
  const std::span<std::byte> room = writer_.claim();
  std::vector<Range> bad;
  const std::uint64_t from = platform::now_ns();
  if (Status status = source_->read_block(offset, length, room, orders_.zero_fill, bad); !status) return status;
  header.reading_ns.fetch_add(platform::now_ns() - from);
  header.bytes_read.fetch_add(length);
  if (Status status = check_alive(length, bad); !status) return status;
  if (bad.empty()) readable_ = offset;
  const ring::Content content = bad.empty() ? ring::Content::good : ring::Content::unreadable;
  if (Status status = remember(block, digest_of(room.first(static_cast<std::size_t>(length))), content); !status) return status;
  // Before anybody can be done with the block: no copy with holes may be called good for want of this news.
  for (const Range& range : bad) link_.say(json::Fields().add("say", "bad").add("offset", range.offset).add("length", range.length).str());
  writer_.publish(static_cast<std::uint32_t>(length), content);
  if (hash_) {
    hash_->published(sequence);
    tell_hash(hash_->take());
  }
  return {};
}

int Producer::run() {
  Status status = start();
  link_.watch([this] { ring::Seats(ring_).stop_all(); });
  if (status) status = look_again(orders_.again);
  if (status) {
    link_.say(json::Fields().add("say", "ready").add("mountedWritable", source_->file().mounted_writable()).str());
    for (bool going = true; going && status.ok();) {
      switch (writer_.wait_turn()) {
        case ring::Turn::read: status = lap_block(); break;
        case ring::Turn::skip:
          // Skipping is fast, and gives slots new labels: not those that are still to be hashed.
          if (hash_) hash_->make_room(writer_.next(), ring_.header().window.load());
          writer_.publish_skipped();
          break;
        case ring::Turn::stop:
        case ring::Turn::none: going = false; break;
      }
    }
  }
  ring_.header().producer_phase.store(static_cast<std::uint32_t>(ring::ProducerPhase::stopped));
  if (hash_) tell_hash(hash_->finish());
  if (status) return 0;
  link_.say_error("failed", status.error());
  return 1;
}

}  // namespace

int run_producer() { return run_worker<Producer>(producer_orders); }

}  // namespace carousel
