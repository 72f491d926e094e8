#include "engine/feed/receiver.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "engine/feed/frame.hpp"
#include "engine/feed/lacks.hpp"
#include "engine/feed/stream.hpp"
#include "engine/manifest/root.hpp"
#include "engine/ring/ring.hpp"
#include "engine/ring/seats.hpp"
#include "engine/ring/writer.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/run_worker.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/rights.hpp"

namespace carousel {
namespace {

/// A `lacks` line names at most so many ranges.
constexpr std::size_t kMostLacks = 1000;

/// A block that has come and is right by its own digest.
struct Arrival {
  feed::Header header;
  std::vector<Range> unreadable;
  std::vector<std::byte> bytes;
};

class Receiver {
 public:
  Receiver(const ring::Ring& ring, const FeedOrders& orders, WorkerLink& link) : ring_(ring), path_(orders.path), link_(link), writer_(ring_) {}

  int run();

 private:
  // The thread that hears.
  void hear();
  Result<bool> hear_one();
  Status take_block(const feed::Header& header);
  std::vector<std::byte> room_for(std::size_t length);
  Result<std::string> text_of(const feed::Header& header);
  void answer_lacks(std::uint64_t mark);
  void answer(const std::string& line);
  void stop_with(Error error);

  // The thread that fills the ring.
  Status work();
  Status take(Arrival arrival);
  Status place(Arrival arrival);
  Status let_go(const std::string& root);
  [[nodiscard]] bool stopped() const { return ring_.header().stop.load() != 0; }

  const ring::Ring& ring_;
  std::string path_;  ///< of the local socket
  WorkerLink& link_;
  ring::Writer writer_;
  std::optional<feed::Stream> stream_;
  std::mutex answers_;  ///< both threads answer

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Arrival> arrived_;
  std::vector<std::vector<std::byte>> spare_;  ///< rooms of blocks that lie in the ring, for the next ones
  std::optional<std::string> root_;  ///< of the first node, once it has been told
  std::optional<Error> error_;       ///< why there is nothing more to come

  std::uint64_t unknown_ = 0;     ///< blocks whose digest is not known yet
  std::optional<Arrival> last_;   ///< the last of these, kept back until the root digest agrees
};

void Receiver::answer(const std::string& line) {
  const std::string whole = line + "\n";
  const std::lock_guard lock(answers_);
  // One that does not listen any more is heard of by the thread that hears.
  (void)stream_->write(std::as_bytes(std::span(whole)), [this] { return stopped(); });
}

void Receiver::stop_with(Error error) {
  {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
  }
  changed_.notify_all();
  ring_.header().producer_bell.ring();
}

void Receiver::answer_lacks(std::uint64_t mark) {
  std::vector<std::string> items;
  for (const Range& range : feed::lacked(ring_, kMostLacks)) items.push_back("[" + std::to_string(range.offset) + "," + std::to_string(range.length) + "]");
  answer(json::Fields().raw("lacks", json::list(items)).add("mark", mark).str());
}

/// New memory for each block would have to be cleared, by the kernel and here.
std::vector<std::byte> Receiver::room_for(std::size_t length) {
  std::vector<std::byte> room;
  {
    const std::lock_guard lock(mutex_);
    if (!spare_.empty()) {
      room = std::move(spare_.back());
      spare_.pop_back();
    }
  }
  room.resize(length);
  return room;
}

Status Receiver::take_block(const feed::Header& header) {
  if (header.block >= ring_.block_count() || header.length != ring_.length_of(header.block) || header.unreadable != (header.ranges > 0)) {
    return Error{Code::protocol, "a block of the feed does not fit the source"};
  }
  Arrival arrival{header, {}, room_for(header.length)};
  std::vector<std::byte> pairs(header.ranges * std::size_t{16});
  const auto stop = [this] { return stopped(); };
  if (!stream_->read(pairs, stop) || !stream_->read(arrival.bytes, stop)) return Error{Code::feed_ended, "the connection to the network ended"};
  ring_.header().source_activity.fetch_add(1);
  const std::uint64_t from = header.block * ring_.block_size(), to = from + header.length;
  for (std::uint32_t i = 0; i < header.ranges; ++i) {
    const Range range{feed::number_at(pairs, i * std::size_t{16}, 8), feed::number_at(pairs, i * std::size_t{16} + 8, 8)};
    if (range.length == 0 || range.offset < from || range.offset >= to || range.length > to - range.offset) {
      return Error{Code::protocol, "an unreadable range of the feed lies outside of its block"};
    }
    arrival.unreadable.push_back(range);
  }
  if (digest_of(arrival.bytes) != header.digest) {
    answer(json::Fields().add("damaged", header.block).str());
    return {};
  }
  {
    const std::lock_guard lock(mutex_);
    if (arrived_.size() >= feed::kCredit) return Error{Code::protocol, "more blocks of the feed than were asked for"};
    arrived_.push_back(std::move(arrival));
  }
  changed_.notify_all();
  return {};
}

Result<std::string> Receiver::text_of(const feed::Header& header) {
  std::string text(header.length, '\0');
  if (!stream_->read(std::as_writable_bytes(std::span(text)), [this] { return stopped(); })) return Error{Code::feed_ended, "the connection to the network ended"};
  return text;
}

/// The next frame. False if the other side has gone or the job is over.
Result<bool> Receiver::hear_one() {
  std::array<std::byte, feed::kHeaderSize> bytes{};
  if (!stream_->read(bytes, [this] { return stopped(); })) return false;
  Result<feed::Header> header = feed::decode(bytes);
  if (!header) return std::move(header).error();
  if (header->kind == feed::Kind::block) {
    if (Status status = take_block(*header); !status) return std::move(status).error();
    return true;
  }
  Result<std::string> text = text_of(*header);
  if (!text) return std::move(text).error();
  switch (header->kind) {
    case feed::Kind::lacks: answer_lacks(header->block); break;
    case feed::Kind::alive: ring_.header().source_activity.fetch_add(1); break;
    case feed::Kind::failed: return Error{Code::feed_ended, *text};
    default: {
      {
        const std::lock_guard lock(mutex_);
        root_ = std::move(*text);
      }
      changed_.notify_all();
    }
  }
  return true;
}

void Receiver::hear() {
  for (;;) {
    Result<bool> more = hear_one();
    if (more && *more) continue;
    return stop_with(more ? Error{Code::feed_ended, "the process that speaks with the network is gone"} : std::move(more).error());
  }
}

/// The first time every block is known, and before the last of them is seen by anybody: is it what the first node has read?
Status Receiver::let_go(const std::string& root) {
  Arrival last = std::move(*last_);
  last_.reset();
  manifest::RootDigest ours(ring_.source_size(), ring_.block_size());
  for (std::uint64_t block = 0; block < ring_.block_count(); ++block) {
    ours.add(block == last.header.block ? last.header.digest : ring_.record(block).digest);
  }
  if (ours.finish() != root) return Error{Code::feed_damaged, "the blocks that came over the network are not those of the first node"};
  --unknown_;
  return place(std::move(last));
}

Status Receiver::take(Arrival arrival) {
  const ring::BlockRecord& record = ring_.record(arrival.header.block);
  const auto state = 1 + static_cast<std::uint32_t>(arrival.header.unreadable ? ring::Content::unreadable : ring::Content::good);
  if (record.state.load() == 0) {
    if (last_) {  // the same block once more; it waits already
      answer(json::Fields().add("took", arrival.header.block).add("used", false).str());
      return {};
    }
    if (unknown_ == 1) {
      last_.emplace(std::move(arrival));
      answer(json::Fields().add("full", true).str());
      return {};
    }
    --unknown_;
  } else if (record.state.load() != state || record.digest != arrival.header.digest) {
    Error error{Code::source_changed, "block " + std::to_string(arrival.header.block) + " came differently the second time"};
    error.offset = arrival.header.block * ring_.block_size();
    return error;
  }
  return place(std::move(arrival));
}

/// Puts it where the ring's order wants it: what lies between is skipped, and comes when it comes.
Status Receiver::place(Arrival arrival) {
  const std::uint64_t block = arrival.header.block;
  ring::BlockRecord& record = ring_.record(block);
  const ring::Content content = arrival.header.unreadable ? ring::Content::unreadable : ring::Content::good;
  if (record.state.load() == 0) {
    record.digest = arrival.header.digest;
    record.state.store(1 + static_cast<std::uint32_t>(content));
  }
  // Before anybody can be done with the block: no copy with holes may be called good for want of this news.
  for (const Range& range : arrival.unreadable) link_.say(json::Fields().add("say", "bad").add("offset", range.offset).add("length", range.length).str());
  const auto unwanted = [&] { return !feed::is_lacked(ring_, block); };
  bool used = false;
  while (!used) {
    const ring::Turn turn = writer_.wait_turn(unwanted);
    if (turn == ring::Turn::stop) return {};
    if (turn == ring::Turn::none) break;
    if (ring_.block_of(writer_.next()) != block) {
      writer_.publish_skipped();
      continue;
    }
    std::memcpy(writer_.claim().data(), arrival.bytes.data(), arrival.bytes.size());
    writer_.publish(arrival.header.length, content);
    used = true;
  }
  ring_.header().bytes_read.fetch_add(arrival.header.length);
  {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(arrival.bytes));
  }
  answer(json::Fields().add("took", block).add("used", used).str());
  return {};
}

Status Receiver::work() {
  for (;;) {
    std::optional<Arrival> next;
    std::optional<std::string> root;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return error_ || stopped() || !arrived_.empty() || (root_ && last_); });
      if (stopped()) return {};
      if (error_) return *error_;
      if (root_ && last_) {
        root = *root_;
      } else {
        next.emplace(std::move(arrived_.front()));
        arrived_.pop_front();
      }
    }
    Status status = root ? let_go(*root) : take(std::move(*next));
    if (!status) return status;
  }
}

int Receiver::run() {
  Result<feed::Stream> stream = feed::Stream::connect(path_);
  Status status = stream ? platform::give_up_rights() : Status(stream.error());
  link_.watch([this] {
    ring::Seats(ring_).stop_all();
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  });
  if (status) {
    stream_.emplace(std::move(*stream));
    for (std::uint64_t block = 0; block < ring_.block_count(); ++block) unknown_ += ring_.record(block).state.load() == 0 ? 1U : 0U;
    link_.say(json::Fields().add("say", "ready").add("mountedWritable", false).str());
    std::thread([this] { hear(); }).detach();
    status = work();
  }
  ring_.header().producer_phase.store(static_cast<std::uint32_t>(ring::ProducerPhase::stopped));
  if (status) return 0;
  link_.say_error("failed", status.error());
  return 1;
}

}  // namespace

int run_receiver() { return run_worker<Receiver>(feed_orders); }

}  // namespace carousel
