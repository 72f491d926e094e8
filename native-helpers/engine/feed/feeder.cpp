#include "engine/feed/feeder.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/bytes.hpp"
#include "engine/feed/frame.hpp"
#include "engine/feed/stream.hpp"
#include "engine/ring/reader.hpp"
#include "engine/session/line_channel.hpp"
#include "engine/session/order_fields.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/run_worker.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/rights.hpp"

namespace carousel {
namespace {

class Feeder {
 public:
  Feeder(const ring::Ring& ring, const FeedOrders& orders, WorkerLink& link)
      : ring_(ring),
        seat_(orders.seat),
        path_(orders.path),
        entry_(ring.entry(orders.seat)),
        link_(link),
        copy_(static_cast<std::size_t>(ring.block_size())),
        reader_(ring, orders.seat, copy_.span()) {}

  int run();

 private:
  Status ride();
  Status send(const ring::Block& block);
  void hear();
  Status obey(const std::string& line);
  void wake();
  void end();
  [[nodiscard]] bool over() const { return over_.load() || reader_.must_stop(); }

  const ring::Ring& ring_;
  std::uint32_t seat_;
  std::string path_;
  ring::Entry& entry_;
  WorkerLink& link_;
  AlignedBuffer copy_;
  ring::Reader reader_;
  std::optional<feed::Stream> stream_;
  std::atomic<bool> over_ = false;  ///< the other side wants no more, or is gone
  std::mutex mutex_;
  std::condition_variable asked_;
  std::optional<Error> error_;  ///< of the thread that hears; under the mutex
};

/// What is wanted has changed: for whoever sleeps over it here, and for the producer.
void Feeder::wake() {
  {
    const std::lock_guard lock(mutex_);  // whoever has looked is asleep by now
  }
  asked_.notify_all();
  entry_.bell.ring();
  ring_.header().producer_bell.ring();
}

void Feeder::end() {
  over_.store(true);
  reader_.orphan();
  wake();
}

/// `{"need":[[first,count],...]}`, `{"drop":[...]}`: blocks that are wanted from now on, or not any more.
Status Feeder::obey(const std::string& line) {
  const Result<json::Value> value = json::parse(line);
  if (!value || value->object() == nullptr || value->object()->size() != 1) return Error{Code::protocol, "the feed was asked for something it does not know"};
  const bool need = value->find("need") != nullptr;
  OrderFields fields(*value);
  const std::vector<Range> ranges = fields.ranges(need ? "need" : "drop");
  const auto outside = [&](const Range& range) { return range.length > ring_.block_count() || range.offset > ring_.block_count() - range.length; };
  if (!fields.good() || std::any_of(ranges.begin(), ranges.end(), outside)) return Error{Code::protocol, "the feed was asked for blocks that are not there"};
  for (const Range& range : ranges) {
    for (std::uint64_t block = range.offset; block < range.offset + range.length; ++block) need ? ring_.need(seat_, block) : ring_.got(seat_, block);
  }
  wake();
  return {};
}

void Feeder::hear() {
  auto& lines = *new LineChannel(platform::Endpoint::adopt(stream_->endpoint().read_handle()));  // the stream is the main thread's: never closed here
  Status status;
  while (status && !lines.closed()) {
    platform::PollItem item = lines.poll_item();
    platform::poll({&item, 1}, -1);
    lines.receive();
    while (const std::optional<std::string> line = status ? lines.next_line() : std::nullopt) status = obey(*line);
  }
  {
    const std::lock_guard lock(mutex_);
    if (!status) error_ = status.error();
  }
  end();
}

Status Feeder::send(const ring::Block& block) {
  feed::Header header;
  header.kind = feed::Kind::block;
  header.block = block.number;
  header.length = static_cast<std::uint32_t>(block.data.size());
  header.unreadable = block.content == ring::Content::unreadable;
  header.digest = ring_.record(block.number).digest;
  const auto stop = [this] { return over(); };
  const auto moved = [this] { entry_.activity.fetch_add(1); };
  if (!stream_->write(feed::encode(header), stop, moved) || !stream_->write(block.data, stop, moved)) return Error{Code::feed_ended, "nobody takes the blocks any more"};
  return {};
}

Status Feeder::ride() {
  if (!reader_.join()) return {};
  while (!over()) {
    if (entry_.missing.load() == 0) {
      reader_.pause();  // holds nobody back while nothing is wanted of it
      {
        std::unique_lock lock(mutex_);
        asked_.wait(lock, [&] { return over() || entry_.missing.load() != 0; });
      }
      if (!over() && !reader_.join()) return {};
      continue;
    }
    const std::optional<ring::Block> block = reader_.next();
    if (!block) {
      if (reader_.end() == ring::End::complete) continue;
      if (reader_.end() == ring::End::broken) return Error{Code::ring_broken, "the ring held a wrong block"};
      return {};
    }
    // A block that was set aside under the write may be torn: the digest says so where it arrives, and it is asked for again there.
    if (Status status = send(*block); !status) return over() ? Status() : status;
    (void)reader_.finish(*block);
  }
  return {};
}

int Feeder::run() {
  Result<feed::Stream> stream = feed::Stream::connect(path_);
  Status status = stream ? platform::give_up_rights() : Status(stream.error());
  if (status) {
    stream_.emplace(std::move(*stream));
    std::thread([this] { hear(); }).detach();
    link_.watch([this] { end(); });
    status = ride();
  }
  reader_.leave();
  {
    const std::lock_guard lock(mutex_);
    if (status && error_) status = *error_;
  }
  if (!status) link_.say_error("failed", status.error());
  return status ? 0 : 1;
}

}  // namespace

int run_feeder() { return run_worker<Feeder>(feed_orders); }

}  // namespace carousel
