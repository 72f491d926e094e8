// Digests that are known before anything is read: of a manifest, or of the maps that unfinished copies have left.
#include <algorithm>
#include <random>
#include <span>

#include "engine/job/job.hpp"
#include "engine/job/map_head.hpp"
#include "engine/resume/map.hpp"
#include "platform/inspect.hpp"

namespace carousel {
namespace {

/// Of the blocks that earlier jobs have read this part is read again, and at most so many, although the system says that nobody has written to
/// the source since.
constexpr std::size_t kOneOf = 16, kMostAgain = 16;
/// More stretches than this are read again as one, gaps and all.
constexpr std::size_t kMostStretches = 1000;

constexpr std::uint32_t kGood = 1 + static_cast<std::uint32_t>(ring::Content::good);
constexpr std::uint32_t kUnreadable = 1 + static_cast<std::uint32_t>(ring::Content::unreadable);

}  // namespace

/// What the manifest says of each block, as if it had been read in a first lap.
Status Job::load_reference() {
  unreadable_ = reference_->head().unreadable;
  auto range = unreadable_.begin();
  return reference_->digests([&](std::uint64_t block, const Digest& digest) {
    const std::uint64_t from = block * options_.block, to = from + ring_->length_of(block);
    while (range != unreadable_.end() && range->offset + range->length <= from) ++range;
    ring::BlockRecord& record = ring_->record(block);
    record.digest = digest;
    record.state.store(range != unreadable_.end() && range->offset < to ? kUnreadable : kGood);
  });
}

bool Job::knows_all_digests() const {
  for (std::uint64_t block = 0; block < ring_->block_count(); ++block) {
    if (ring_->record(block).state.load() == 0) return false;
  }
  return true;
}

/// Somebody is whole: so what came over the network was found to be right as a whole.
bool Job::any_good() const {
  return std::any_of(riders_.begin(), riders_.end(), [](const Rider& rider) { return rider.state == State::done || rider.state == State::verified; });
}

std::string map_head(const platform::PathFacts& source, const platform::PathFacts& target, std::uint64_t block_size) {
  json::Fields of, to, all;
  of.add("identity", source.lasting).add("size", source.size).add("modified", std::to_string(source.modified_ns));
  to.add("identity", target.lasting).add("size", target.kind == platform::PathKind::missing ? source.size : target.size);
  return all.raw("source", of.str()).raw("target", to.str()).add("blockSize", block_size).str();
}

/// Before the producer begins: the digests that the maps of the first targets know. The producer holds all it reads against them, and reads those
/// blocks again first whose contents may be others by now.
void Job::load_maps(const std::vector<TargetAsk>& targets) {
  if (source_.lasting.empty()) return;
  const std::string& mark = source_.change_mark;
  std::vector<std::uint64_t> doubted;  // known from a time since which somebody may have written to the source
  for (const TargetAsk& asked : targets) {
    const platform::PathFacts facts = platform::inspect(asked.path);
    bool untouched = false;
    if (facts.lasting.empty() || facts.kind == platform::PathKind::missing) continue;
    // What is wrong with a map is said when its target comes (find_map).
    (void)resume::read_map(resume::map_path(options_.resume, facts.lasting), map_head(source_, facts, options_.block), [&](const resume::Record& known) {
      if (known.block == resume::kSourceState) untouched = !mark.empty() && known.digest == digest_of(std::as_bytes(std::span(mark)));
      if (known.block >= ring_->block_count()) return;
      ring::BlockRecord& record = ring_->record(known.block);
      if (record.state.load() != 0) return;
      record.digest = known.digest;
      record.state.store(kGood);
      if (!untouched) doubted.push_back(known.block);
    });
  }
  doubts_ = !doubted.empty();
  std::sort(doubted.begin(), doubted.end());
  for (const std::uint64_t block : doubted) add_range(again_, {block, 1});
  if (again_.size() > kMostStretches) again_ = {{doubted.front(), doubted.back() + 1 - doubted.front()}};
  for (const std::uint64_t block : sample_of_known()) merge_range(again_, {block, 1});
}

/// Spread over all that is known, beginning with the first: what a system changes on a drive that it mounts lies there.
std::vector<std::uint64_t> Job::sample_of_known() const {
  std::vector<std::uint64_t> known, again;
  for (std::uint64_t block = 0; block < ring_->block_count(); ++block) {
    if (ring_->record(block).state.load() != 0) known.push_back(block);
  }
  if (known.empty()) return again;
  const std::size_t count = std::min({known.size(), known.size() / kOneOf + 2, kMostAgain});
  std::random_device random;
  again.push_back(known.front());
  for (std::size_t part = 1; part < count; ++part) {
    const std::size_t from = std::max<std::size_t>(part * known.size() / count, 1), to = std::max((part + 1) * known.size() / count, from + 1);
    again.push_back(known[std::uniform_int_distribution<std::size_t>(from, std::min(to, known.size()) - 1)(random)]);
  }
  return again;
}

/// Where the map of this target is kept, and, if that is wanted, what an earlier one claims. Only what agrees with what the ring knows is
/// claimed, and the consumer believes none of it before it has read it back.
void Job::find_map(Rider& rider, const platform::PathFacts& facts, const Client& owner) {
  if (owner.resume.empty() || rider.compared) return;
  const auto not_resumed = [&](const std::string& why) {
    if (!owner.take_up) return;
    tell(about("warning", rider).add("code", "not-resumed").add("message", "begun anew: " + why).str());
  };
  if (source_.lasting.empty() || facts.lasting.empty()) return not_resumed("nothing is known about it that would tell it from another one");
  rider.map = resume::map_path(owner.resume, facts.lasting);
  rider.map_head = map_head(source_, facts, options_.block);
  if (!owner.take_up) return;
  if (facts.kind == platform::PathKind::missing) return not_resumed("it is not there");
  std::vector<bool> claimed(static_cast<std::size_t>(ring_->block_count()));
  const Status read = resume::read_map(rider.map, rider.map_head, [&](const resume::Record& known) {
    if (!known.finished || known.block >= ring_->block_count()) return;
    const ring::BlockRecord& record = ring_->record(known.block);
    if (record.state.load() == kGood && record.digest == known.digest) claimed[static_cast<std::size_t>(known.block)] = true;
  });
  if (!read && read.error().code == Code::not_found) return not_resumed("no earlier copy to it was left unfinished");
  if (!read) return not_resumed("what an earlier copy has left cannot be used: " + read.error().what);
  if (std::find(claimed.begin(), claimed.end(), true) == claimed.end()) return not_resumed("the earlier copy had not finished any block");
  rider.claimed = std::move(claimed);
}

}  // namespace carousel
