#include "engine/consumer/consumer.hpp"

#include <optional>

#include "base/json.hpp"
#include "engine/ring/reader.hpp"
#include "engine/ring/ring.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/worker_link.hpp"
#include "engine/target/target.hpp"
#include "platform/process.hpp"

namespace carousel {
namespace {

class Consumer {
 public:
  Consumer(const ring::Ring& ring, std::uint32_t seat, WorkerLink& link)
      : ring_(ring), entry_(ring.entry(seat)), link_(link), copy_(static_cast<std::size_t>(ring.block_size())), reader_(ring, seat, copy_.span()) {}

  int run(const platform::TargetRequest& request);

 private:
  Status open(const platform::TargetRequest& request);
  Status ride();
  void phase(ring::Phase now) { entry_.phase.store(static_cast<std::uint32_t>(now)); }
  int tell(const Status& status);

  const ring::Ring& ring_;
  ring::Entry& entry_;
  WorkerLink& link_;
  AlignedBuffer copy_;
  ring::Reader reader_;
  std::optional<Target> target_;
};

Status Consumer::open(const platform::TargetRequest& request) {
  Result<Target> target = Target::open(request, ring_.source_size(), ring_.block_size(), [this] { entry_.activity.fetch_add(1); });
  if (!target) return std::move(target).error();
  target_.emplace(std::move(*target));
  return target_->prepare();
}

/// Rides until the target has every block or the ride is over; the reader's end() says which.
Status Consumer::ride() {
  while (std::optional<ring::Block> block = reader_.next()) {
    if (Status status = target_->write_block(block->number, block->data); !status) return status;
    if (reader_.finish(*block)) entry_.bytes_done.fetch_add(target_->written_now(block->number, block->data.size()));
  }
  return {};
}

int Consumer::run(const platform::TargetRequest& request) {
  link_.watch([this] { reader_.orphan(); });
  phase(ring::Phase::preparing);
  Status status = open(request);
  if (status && !reader_.join()) return tell(Error{Code::hung, "given up before it could join"});
  if (status) {
    phase(ring::Phase::copying);
    status = ride();
  }
  // Whatever comes now takes time, and nobody is to wait for it.
  reader_.leave();
  if (!status) return tell(status);
  phase(ring::Phase::flushing);
  if (reader_.end() == ring::End::complete) {
    status = target_->finish();
  } else {
    status = target_->flush();
  }
  return tell(status);
}

int Consumer::tell(const Status& status) {
  static constexpr const char* kEnds[] = {"complete", "stopped", "detached", "orphaned", "broken"};
  if (!status) {
    link_.say_error("failed", status.error());
    return 1;
  }
  link_.say(json::Fields().add("say", "ended").add("end", kEnds[static_cast<std::size_t>(reader_.end())]).str());
  return reader_.end() == ring::End::complete ? 0 : 1;
}

}  // namespace

int run_consumer() {
  platform::ignore_interrupts();
  // These live as long as the process: the thread that watches the supervisor may call into them to the very end.
  auto& link = *new WorkerLink;
  auto& ring = *new Result<ring::Ring>(ring::Ring::adopt(platform::inherited_ring()));
  if (!ring) {
    link.say_error("failed", ring.error());
    return 1;
  }
  Result<json::Value> line = link.orders();
  if (!line) return 3;
  const Result<ConsumerOrders> orders = consumer_orders(*line);
  if (!orders) {
    link.say_error("failed", orders.error());
    return 1;
  }
  return (new Consumer(*ring, orders->seat, link))->run(orders->target);
}

}  // namespace carousel
