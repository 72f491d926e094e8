// Blocks that leave this machine through a local process, and what a station knows of blocks that come from another machine.
#include <algorithm>
#include <array>
#include <span>

#include "engine/job/job.hpp"
#include "engine/manifest/root.hpp"
#include "engine/session/orders.hpp"
#include "platform/plain_file.hpp"

namespace carousel {
namespace {

/// One block in a file of digests: a byte (0 not known, else 1 + Content) and the digest.
constexpr std::size_t kKnownSize = 17;
/// Beyond so many marks, others are one that nobody has.
constexpr std::size_t kMaxMarks = 64;

}  // namespace

/// That somebody rides on other machines is told to all front ends, and kept: only who hands out knows how their targets end. One that is refused
/// a tap because there is one has stations that wait all the same.
void Job::note_handed_out(const std::string& by) {
  const std::string mark = handed_out_by_.size() < kMaxMarks ? by : std::string();
  if (std::find(handed_out_by_.begin(), handed_out_by_.end(), mark) != handed_out_by_.end()) return;
  handed_out_by_.push_back(mark);
  tell(handed_out_line(mark));
}

std::string Job::handed_out_line(const std::string& by) const { return event("handed-out").add("by", by).str(); }

Status Job::start_tap(const std::string& path) {
  if (!seats_ || only_checks()) return Error{Code::protocol, "this job has no blocks to hand out"};
  if (tap_) return Error{Code::in_use, "blocks of this job are handed out already"};
  if (source_error_ || outcome_ == Outcome::cancelled) return Error{Code::job_ending, "the job is over"};
  const std::optional<std::uint32_t> seat = seats_->reserve(options_.catch_up, true);
  if (!seat) return Error{Code::too_many_targets, "64 targets ride already"};
  for (std::uint64_t block = 0; block < ring_->block_count(); ++block) ring_->got(*seat, block);
  Result<std::pair<platform::Endpoint, platform::Endpoint>> ends = platform::Endpoint::pair();
  Result<platform::Child> child =
      ends ? platform::Child::start("feed", path, std::move(ends->second), ring_->handle()) : Result<platform::Child>(ends.error());
  if (!child) {
    seats_->release(*seat);
    return std::move(child).error();
  }
  tap_.emplace(Tap{*seat, std::move(*child), LineChannel(std::move(ends->first)), {}, 0});
  tap_->link.send(to_line(FeedOrders{path, *seat}));
  return {};
}

void Job::stop_tap() {
  if (tap_) seats_->ask_to_leave(tap_->seat);
}

void Job::watch_tap(double seconds_passed) {
  if (!tap_) return;
  tap_->link.receive();
  while (tap_->link.next_line()) continue;  // how its process ends is told by the process that it feeds
  const ring::Entry& entry = ring_->entry(tap_->seat);
  const std::uint64_t activity = entry.activity.load();
  const bool at_rest = entry.waiting.load() != 0 || entry.missing.load() == 0;
  if (at_rest || activity != tap_->last_activity) tap_->still.reset();
  tap_->last_activity = activity;
  tap_->still.add(seconds_passed);
  if (tap_->still.seconds() >= options_.stall_timeout) {
    seats_->detach(tap_->seat);
    tap_->process.kill();
  }
  if (!tap_->link.closed() || !tap_->process.poll_exit()) return;
  seats_->release(tap_->seat);
  tap_.reset();
}

/// What the first node knows of its blocks, in a file of the caller's: that is what earlier copies, and blocks to come, are held against. If it
/// knows all of them, its root digest stands at the end and must agree.
Status Job::load_digests(const std::string& path) {
  Result<platform::PlainReader> file = platform::PlainReader::open(path);
  if (!file) return std::move(file).error();
  const auto take = [&](std::span<std::byte> into) -> Status {
    Result<std::size_t> n = file->read(into);
    if (!n) return std::move(n).error();
    return *n == into.size() ? Status() : Status(Error{Code::feed_damaged, "the list of digests is too short"});
  };
  manifest::RootDigest root(source_.size, options_.block);
  bool all = true;
  for (std::uint64_t block = 0; block < ring_->block_count(); ++block) {
    std::array<std::byte, kKnownSize> known{};
    if (Status status = take(known); !status) return status;
    const auto state = std::to_integer<std::uint32_t>(known[0]);
    if (state > 1 + static_cast<std::uint32_t>(ring::Content::unreadable)) return Error{Code::feed_damaged, "the list of digests is damaged"};
    all = all && state != 0;
    ring::BlockRecord& record = ring_->record(block);
    std::copy(known.begin() + 1, known.end(), record.digest.begin());
    record.state.store(state);
    root.add(record.digest);
  }
  if (!all) return {};
  std::array<std::byte, 64> theirs{};
  if (Status status = take(theirs); !status) return status;
  const std::string ours = root.finish();
  const bool same = std::equal(theirs.begin(), theirs.end(), std::as_bytes(std::span(ours)).begin());
  return same ? Status() : Status(Error{Code::feed_damaged, "the digests of the blocks are not those of the first node"});
}

}  // namespace carousel
