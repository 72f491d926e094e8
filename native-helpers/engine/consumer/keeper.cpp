#include "engine/consumer/keeper.hpp"

#include <algorithm>
#include <span>

#include "platform/clock.hpp"

namespace carousel {
namespace {

/// What is written between two flushes is copied again after a crash; flushing more often costs speed. So: twice a second, and no more than
/// a twentieth of the time.
constexpr std::uint64_t kEveryNs = 500'000'000U;
constexpr std::uint64_t kPauseFactor = 20;

}  // namespace

Keeper::Keeper(const ring::Ring& ring, const std::string& path, const std::string& head, const std::string& source_mark, WorkerLink& link)
    : ring_(ring), link_(link) {
  if (path.empty()) return;
  Result<resume::MapWriter> map = resume::MapWriter::create(path, head);
  if (map) {
    map_.emplace(std::move(*map));
    if (!source_mark.empty()) map_->note({resume::kSourceState, false, digest_of(std::as_bytes(std::span(source_mark)))});
  } else {
    give_up(map.error());
  }
  not_before_ns_ = platform::now_ns() + kEveryNs;
}

void Keeper::note(std::uint64_t block, bool finished) {
  const ring::BlockRecord& record = ring_.record(block);
  // What could not be read of the source is read again, so that whoever goes on with the copy hears of it too.
  if (map_ && record.state.load() == 1 + static_cast<std::uint32_t>(ring::Content::good)) map_->note({block, finished, record.digest});
}

bool Keeper::due() const { return map_ && map_->has_news() && platform::now_ns() >= not_before_ns_; }

Status Keeper::keep(Target& target) {
  if (!map_) return {};
  const std::uint64_t from = platform::now_ns();
  if (Status status = target.flush(); !status) return status;
  if (Status kept = map_->commit(); !kept) give_up(kept);
  const std::uint64_t now = platform::now_ns();
  not_before_ns_ = now + std::max(kEveryNs, (now - from) * kPauseFactor);
  return {};
}

void Keeper::done() {
  if (!map_) return;
  if (Status removed = map_->remove(); !removed) give_up(removed);
  map_.reset();
}

void Keeper::give_up(const Status& why) {
  map_.reset();
  link_.say_error("unkept", why.error());
}

}  // namespace carousel
