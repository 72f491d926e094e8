#include "engine/consumer/consumer.hpp"

#include <numeric>
#include <optional>
#include <vector>

#include "base/json.hpp"
#include "engine/consumer/evidence.hpp"
#include "engine/consumer/keeper.hpp"
#include "engine/consumer/sample.hpp"
#include "engine/ring/reader.hpp"
#include "engine/ring/ring.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/run_worker.hpp"
#include "engine/session/worker_link.hpp"
#include "engine/target/target.hpp"
#include "engine/verify/verify.hpp"
#include "platform/clock.hpp"
#include "platform/memory.hpp"
#include "platform/rights.hpp"

namespace carousel {
namespace {

/// Bad blocks are written again at most this often before the stick is called bad.
constexpr int kHealAttempts = 3;

class Consumer {
 public:
  Consumer(const ring::Ring& ring, const ConsumerOrders& orders, WorkerLink& link)
      : ring_(ring),
        orders_(orders),
        entry_(ring.entry(orders.seat)),
        link_(link),
        room_(platform::transfer_buffer(static_cast<std::size_t>(ring.block_size()))),
        reader_(ring, orders.seat, block_room()),
        keeper_(ring, orders.map, orders.map_head, orders.source_mark, link) {}

  int run();

 private:
  [[nodiscard]] std::span<std::byte> block_room() { return room_.span().first(static_cast<std::size_t>(ring_.block_size())); }
  [[nodiscard]] bool only_checks() const { return orders_.check == Check::all || orders_.check == Check::sample; }
  Status open();
  Status look_at_claims();
  Status check_only();
  Status ride();
  Status make_durable();
  Status verify_and_heal(std::vector<std::uint64_t> blocks);
  Status verify_ends();
  Status verify(std::vector<std::uint64_t> blocks, std::vector<BadBlock>& bad);
  [[nodiscard]] bool complete() const { return reader_.end() == ring::End::complete; }
  void phase(ring::Phase now) { entry_.phase.store(static_cast<std::uint32_t>(now)); }
  int tell(const Status& status);

  const ring::Ring& ring_;
  const ConsumerOrders orders_;
  ring::Entry& entry_;
  WorkerLink& link_;
  AlignedBuffer room_;  ///< for one block: a copy out of the ring while it rides aside, or what reads back
  ring::Reader reader_;
  Keeper keeper_;
  std::optional<Target> target_;
  bool stopped_ = false;  ///< asked to leave while verifying
  std::uint64_t written_bytes_ = 0, writing_ns_ = 0;  ///< what the device took, and how long it took for that
};

Status Consumer::open() {
  if (only_checks()) {
    Result<Target> target = Target::open_in_place(orders_.target, ring_.source_size(), ring_.block_size(), orders_.heal, [this] { entry_.activity.fetch_add(1); },
                                                  orders_.approval);
    if (!target) return std::move(target).error();
    target_.emplace(std::move(*target));
    return platform::give_up_rights();
  }
  Result<Target> target = Target::open(orders_.target, ring_.source_size(), ring_.block_size(), [this] { entry_.activity.fetch_add(1); }, orders_.approval);
  if (!target) return std::move(target).error();
  target_.emplace(std::move(*target));
  if (Status status = platform::give_up_rights(); !status) return status;
  return target_->prepare();
}

/// What an earlier job has left is believed only where it reads back right; all else is needed as on a fresh target.
Status Consumer::look_at_claims() {
  phase(ring::Phase::verifying);
  std::vector<std::uint64_t> claimed;
  for (std::uint64_t block = 0; block < ring_.block_count(); ++block) {
    if (!ring_.needs(orders_.seat, block)) claimed.push_back(block);
  }
  ring_.need_all(orders_.seat);
  std::vector<BadBlock> wrong;
  std::uint64_t right = 0;
  entry_.bytes_checked.store(0);
  Verifier verifier(ring_, *target_, block_room(), [&](std::uint64_t block, bool good) {
    entry_.bytes_checked.fetch_add(ring_.length_of(block));
    if (!good) return;
    ring_.got(orders_.seat, block);
    entry_.bytes_done.fetch_add(ring_.length_of(block));
    keeper_.note(block, true);
    ++right;
  }, [this] { return stopped_ = stopped_ || reader_.must_stop(); });
  if (Status status = verifier.run(claimed, wrong); !status || stopped_) return status;  // then the old map still says more
  link_.say(json::Fields().add("say", "resumed").add("blocks", right).str());
  return keeper_.keep(*target_);
}

/// The target holds a copy already: reads it back, and rides only for what is to be healed.
Status Consumer::check_only() {
  if (!reader_.join_aside()) return Error{Code::hung, "given up before it could join"};
  std::vector<std::uint64_t> blocks = orders_.check == Check::sample ? sample_of(ring_.block_count()) : std::vector<std::uint64_t>();
  if (orders_.check == Check::all) {
    blocks.resize(static_cast<std::size_t>(ring_.block_count()));
    std::iota(blocks.begin(), blocks.end(), std::uint64_t{0});
  }
  if (Status status = target_->flush_cached(); !status) return status;
  if (Status status = verify_and_heal(std::move(blocks)); !status || stopped_ || !complete()) return status;
  return written_bytes_ == 0 ? target_->check_name() : target_->finish();
}

/// Rides until the target has every block it needs or the ride is over; the reader's end() says which.
Status Consumer::ride() {
  while (std::optional<ring::Block> block = reader_.next()) {
    const std::uint64_t from = platform::now_ns();
    if (Status status = target_->write_block(block->number, block->data); !status) return status;
    writing_ns_ += platform::now_ns() - from;
    const std::uint64_t written = target_->written_now(block->number, block->data.size());
    written_bytes_ += written;
    if (!reader_.finish(*block)) continue;
    entry_.bytes_done.fetch_add(written);
    keeper_.note(block->number, written == block->data.size());
    if (!keeper_.due()) continue;
    if (Status status = keeper_.keep(*target_); !status) return status;
  }
  return {};
}

Status Consumer::verify(std::vector<std::uint64_t> blocks, std::vector<BadBlock>& bad) {
  entry_.bytes_checked.store(0);
  Verifier verifier(ring_, *target_, block_room(), [this](std::uint64_t block, bool right) {
                      entry_.bytes_checked.fetch_add(ring_.length_of(block));
                      if (right) ring_.got(orders_.seat, block);
                    },
                    [this] { return stopped_ = stopped_ || reader_.must_stop(); });
  return verifier.run(blocks, bad);
}

/// Everything that is on the device by now; the held-back ends are taken from memory and checked by verify_ends().
Status Consumer::verify_and_heal(std::vector<std::uint64_t> blocks) {
  for (int attempt = 0;; ++attempt) {
    phase(ring::Phase::verifying);
    std::vector<BadBlock> bad;
    Status status = verify(blocks, bad);
    // What was found wrong is said whatever came after: a target is not what it was because somebody stopped looking.
    if (!bad.empty()) link_.say(evidence_line(ring_, attempt, bad));
    if (attempt == 0) entry_.bad_blocks.store(static_cast<std::uint32_t>(bad.size()));
    if (!status || stopped_) return status;
    if (attempt > 0) {
      entry_.healed_blocks.fetch_add(static_cast<std::uint32_t>(blocks.size() - bad.size()));
    }
    if (bad.empty()) return {};
    if (!orders_.heal || attempt == kHealAttempts) return bad.front().error;
    phase(ring::Phase::healing);
    blocks.clear();
    for (const BadBlock& block : bad) {
      ring_.need(orders_.seat, block.number);
      if (!only_checks()) entry_.bytes_done.fetch_sub(target_->written_now(block.number, ring_.length_of(block.number)));
      blocks.push_back(block.number);
    }
    if (Status ridden = ride(); !ridden) return ridden;
    if (!complete()) return {};
    reader_.pause();
    if (Status flushed = target_->flush(); !flushed) return flushed;
  }
}

/// The first and the last blocks once more, now that all of them is on the device. If they are wrong, the stick must not look like a copy.
Status Consumer::verify_ends() {
  phase(ring::Phase::verifying);
  const std::vector<std::uint64_t> ends = target_->end_blocks();
  std::vector<BadBlock> bad;
  for (int attempt = 0; attempt <= (orders_.heal ? kHealAttempts : 0); ++attempt) {
    bad.clear();
    if (Status status = verify(ends, bad); !status) return status;
    if (stopped_ || bad.empty()) break;
    link_.say(evidence_line(ring_, attempt, bad));
    if (attempt == 0) entry_.bad_blocks.fetch_add(static_cast<std::uint32_t>(bad.size()));
    if (orders_.heal && attempt < kHealAttempts) {
      if (Status status = target_->finish(); !status) return status;
    }
  }
  if (bad.empty() && !stopped_) return {};
  const Status blanked = target_->blank();
  if (stopped_) return blanked;
  return bad.front().error;
}

Status Consumer::make_durable() {
  if (!complete()) return keeper_.active() ? keeper_.keep(*target_) : target_->flush();
  phase(ring::Phase::flushing);
  if (orders_.verify) {
    if (Status status = target_->flush(); !status) return status;
    std::vector<std::uint64_t> all(static_cast<std::size_t>(ring_.block_count()));
    std::iota(all.begin(), all.end(), std::uint64_t{0});
    if (Status status = verify_and_heal(std::move(all)); !status) return status;
    if (stopped_ || !complete()) return {};
    phase(ring::Phase::flushing);
  }
  if (Status status = target_->finish(); !status) return status;
  return orders_.verify ? verify_ends() : Status();
}

int Consumer::run() {
  link_.watch([this] { reader_.orphan(); });
  phase(ring::Phase::preparing);
  Status status = open();
  if (only_checks()) {
    if (status) status = check_only();
    reader_.leave();
    return tell(status);
  }
  if (status && orders_.check == Check::claimed) status = look_at_claims();
  if (stopped_) {
    reader_.leave();
    return tell(status);
  }
  if (status && !reader_.join()) return tell(Error{Code::hung, "given up before it could join"});
  if (status) {
    phase(ring::Phase::copying);
    status = ride();
  }
  // Whatever comes now takes time, and nobody is to wait for it.
  if (status && complete() && orders_.verify) {
    reader_.pause();
  } else {
    reader_.leave();
  }
  if (status) status = make_durable();
  reader_.leave();
  if (status && complete() && !stopped_) keeper_.done();
  return tell(status);
}

int Consumer::tell(const Status& status) {
  keeper_.close();
  static constexpr const char* kEnds[] = {"complete", "stopped", "detached", "orphaned", "broken"};
  link_.say(json::Fields().add("say", "wrote").add("bytes", written_bytes_).add("ms", writing_ns_ / 1'000'000U).str());
  if (!status) {
    link_.say_error("failed", status.error());
    return 1;
  }
  const bool good = complete() && !stopped_;
  json::Fields line;
  line.add("say", "ended").add("end", stopped_ ? "stopped" : kEnds[static_cast<std::size_t>(reader_.end())]).add("verified", good && orders_.verify);
  link_.say(line.str());
  return good ? 0 : 1;
}

}  // namespace

int run_consumer() { return run_worker<Consumer>(consumer_orders); }

}  // namespace carousel
