// Targets: checked, seated, watched, and taken off when they are done, fail, hang or die.
#include <algorithm>
#include <array>

#include "engine/job/job.hpp"
#include "engine/safety/approval.hpp"
#include "engine/safety/rules.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/clock.hpp"

namespace carousel {
namespace {

/// A device that is silent this long (seconds) is worth a word, long before it is given up.
constexpr std::array kStallSteps = {5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0};

/// Of what a consumer found wrong at most so much is told: times it read back, bad blocks each time, blocks that were echoes of others.
constexpr std::size_t kMostEvidence = 8, kMostBad = 64, kMostEchoes = 16;

/// Allocating a file may take this many times the stall limit.
constexpr std::uint64_t kAllocationFactor = 10;

/// Refused is only who never rode: nothing was written to it.
State state_for(const Error& error, bool rode) {
  if (error.code == Code::device_gone) return State::removed;
  if (rode) return State::failed;
  return class_of(error.code) == CodeClass::refused || class_of(error.code) == CodeClass::permission ? State::refused : State::failed;
}

State state_of(const Rider& rider, const ring::Entry& entry) {
  switch (static_cast<ring::Phase>(entry.phase.load())) {
    case ring::Phase::flushing: return State::flushing;
    case ring::Phase::verifying: return State::verifying;
    case ring::Phase::healing: return State::healing;
    default: break;
  }
  if (!rider.joined_sequence) return State::waiting;
  return static_cast<ring::Seat>(entry.seat.load()) == ring::Seat::aside ? State::aside : State::copying;
}

std::uint64_t number_in(const json::Value& from, const char* key) {
  const json::Value* value = from.find(key);
  return value != nullptr ? value->whole().value_or(0) : 0;
}

/// The list of whole numbers under a key, at most `most` of them, as JSON again.
std::string numbers_in(const json::Value& from, const char* key, std::size_t most) {
  const json::Value* value = from.find(key);
  std::vector<std::string> list;
  if (value == nullptr || value->array() == nullptr) return json::list(list);
  for (const json::Value& item : *value->array()) {
    if (item.whole() && list.size() < most) list.push_back(std::to_string(*item.whole()));
  }
  return json::list(list);
}

/// What a consumer says along the way of what it found. True if it was that.
bool take_evidence(Rider& rider, const std::string& say, const json::Value& from) {
  if (say == "wrote") {
    rider.device_bytes = number_in(from, "bytes"), rider.device_ms = number_in(from, "ms");
  } else if (say == "resumed") {
    rider.resumed = number_in(from, "blocks");
  } else if (say == "bad") {
    if (rider.evidence.size() == kMostEvidence) return true;
    std::vector<std::string> echoes;
    const json::Value* list = from.find("echoes");
    if (list != nullptr && list->array() != nullptr) {
      for (const json::Value& echo : *list->array()) {
        if (echoes.size() == kMostEchoes) break;
        echoes.push_back(json::Fields().add("block", number_in(echo, "block")).add("of", number_in(echo, "of")).str());
      }
    }
    json::Fields line;
    line.add("attempt", number_in(from, "attempt")).raw("bad", numbers_in(from, "blocks", kMostBad)).add("more", number_in(from, "more"));
    rider.evidence.push_back(line.raw("echoes", json::list(echoes)).str());
  } else {
    return false;
  }
  return true;
}

/// Is that place the rider's own target: by another name, or as a loop device over the same file?
bool is_target_of(const Rider& rider, const platform::PathFacts& facts) {
  if (rider.resolved == facts.resolved) return true;
  if (facts.kind == platform::PathKind::missing) return false;
  const bool loop = facts.backing.inode != 0, over_loop = rider.backing.inode != 0;
  return rider.identity == facts.identity || (loop && (facts.backing == rider.identity || facts.backing == rider.backing)) ||
         (over_loop && rider.backing == facts.identity);
}

void take_counts(Rider& rider, const ring::Entry& entry) {
  rider.bytes = entry.bytes_done.load();
  rider.bytes_checked = entry.bytes_checked.load();
  rider.bad_blocks = entry.bad_blocks.load();
  rider.healed_blocks = entry.healed_blocks.load();
}

}  // namespace

const char* to_word(State state) {
  static constexpr const char* words[] = {"waiting", "copying",  "aside",  "flushing", "verifying", "healing",
                                          "done",    "verified", "sampled", "failed", "removed",  "cancelled", "refused"};
  return words[static_cast<std::size_t>(state)];
}

void Job::add_target(const TargetAsk& asked, const Client& owner, bool compare) {
  Rider& rider = riders_.emplace_back();
  rider.id = next_rider_++;
  rider.owner = owner.id;
  rider.compared = compare || only_checks();
  rider.verify = owner.verify || compare, rider.heal = owner.heal && !(compare && !only_checks());
  rider.path = asked.path;
  rider.begun_ns = platform::now_ns();
  if (source_error_) return end_rider(rider, State::failed, *source_error_);
  if (outcome_ == Outcome::cancelled) return end_rider(rider, State::cancelled, std::nullopt);

  const platform::PathFacts facts = platform::inspect(asked.path);
  rider.device = facts.kind == platform::PathKind::device;
  rider.identity = facts.identity, rider.backing = facts.backing;
  rider.resolved = facts.resolved;
  rider.size = facts.kind == platform::PathKind::missing && !rider.compared ? source_.size : facts.size;
  const bool writes = !rider.compared || rider.heal;
  safety::Reasons reasons = writes ? safety::against_target(facts, &source_) : safety::against_checked(facts, source_.size);
  if (compare && !only_checks() && !(producer_ready_ && knows_all_digests() && (!feed_ || any_good()))) reasons.push_back({Code::bad_option, "the source has not been read to its end yet: nothing to compare with"});
  if (rider.compared && writes && facts.kind == platform::PathKind::missing) reasons.push_back({Code::not_found, "there is nothing at this path"});
  if (const Status meant = safety::demand_identity(facts, asked.identity); !meant) reasons.push_back(meant.error());
  for (const Rider& other : riders_) {
    if (&other != &rider && !is_final(other.state) && is_target_of(other, facts)) reasons.push_back({Code::duplicate_target, "it is a target of this job already"});
  }
  if (writes && facts.kind != platform::PathKind::missing && platform::Rendezvous::connect(safety::key_of(facts.identity))) {
    reasons.push_back({Code::source_of_other_job, "another running job reads from it"});
  }
  if (reasons.empty() && writes && rider.device && asked.approval.empty()) reasons.push_back({Code::not_approved, "nobody has agreed to lose what is on it"});
  if (!reasons.empty()) return end_rider(rider, State::refused, reasons.front());
  find_map(rider, facts, owner);
  if (Status status = start_consumer(rider, facts, asked.approval); !status) {
    if (rider.seat && !rider.process) seats_->release(*rider.seat), rider.seat.reset();  // nobody else would, and all others would wait for it
    return end_rider(rider, State::failed, status.error());
  }
  tell_target(rider);
}

Status Job::start_consumer(Rider& rider, const platform::PathFacts& facts, const std::string& approval) {
  rider.seat = seats_->reserve(options_.catch_up, rider.compared || !rider.claimed.empty());
  if (!rider.seat) return Error{Code::too_many_targets, "64 targets ride already"};
  for (std::size_t block = 0; block < rider.claimed.size(); ++block) {
    if (rider.claimed[block]) ring_->got(*rider.seat, block);
  }
  Result<std::pair<platform::Endpoint, platform::Endpoint>> ends = platform::Endpoint::pair();
  if (!ends) return std::move(ends).error();
  Result<platform::Child> child = platform::Child::start("consume", rider.path, std::move(ends->second), ring_->handle());
  if (!child) return std::move(child).error();
  rider.process.emplace(std::move(*child));
  rider.link = LineChannel(std::move(ends->first));
  ConsumerOrders orders;
  orders.seat = *rider.seat;
  orders.verify = rider.verify, orders.heal = rider.heal;
  if (rider.compared) {
    orders.check = options_.sample ? Check::sample : Check::all;
  } else if (!rider.claimed.empty()) {
    orders.check = Check::claimed;
  }
  orders.map = rider.map, orders.map_head = rider.map_head;
  // What it claims goes into its new map at once, maybe before the source was found to be the same still: that map must be doubted as well.
  if (!doubts_ || rider.claimed.empty()) orders.source_mark = source_.change_mark;
  orders.target.path = facts.resolved;
  orders.target.device = rider.device;
  orders.target.create = facts.kind == platform::PathKind::missing;
  orders.target.expected = facts.identity;
  orders.target.expected_size = facts.size;
  orders.approval = approval;
  rider.link.send(to_line(orders));
  return {};
}

void Job::watch_rider(Rider& rider, double seconds_passed) {
  if (!rider.process) return;
  if (!is_final(rider.state)) {
    const ring::Entry& entry = ring_->entry(*rider.seat);
    take_counts(rider, entry);
    if (const std::uint64_t sequence = entry.joined.load(); sequence != ring::kNone && !rider.joined_sequence) {
      rider.joined_sequence = sequence;
      rider.joined_block = ring_->block_of(sequence);
      tell(joined_line(rider));
    }
    const State now = state_of(rider, entry);
    if (now != rider.state) {
      rider.state = now;
      tell_target(rider);
      const bool rides = now == State::healing || now == State::copying || now == State::aside;
      if (rides && source_error_) seats_->ask_to_leave(*rider.seat);  // there is nobody left to read for it
    }
    watch_for_stall(rider, seconds_passed);
  }
  rider_news(rider);
  reap(rider);
}

/// Hears how it ended; whatever its process says is believed only together with the way that process ends (reap).
void Job::rider_news(Rider& rider) {
  if (rider.link.closed() && !rider.process) return;
  rider.link.receive();
  while (const std::optional<std::string> line = rider.link.next_line()) {
    const Result<json::Value> parsed = json::parse(*line);
    const json::Value* say = parsed ? parsed->find("say") : nullptr;
    if (say == nullptr || say->string() == nullptr || rider.reported) continue;
    if (take_evidence(rider, *say->string(), *parsed)) continue;
    if (*say->string() == "unkept") {
      const Error why = error_from(*parsed);
      tell(about("warning", rider).add("code", "resume-unavailable").add("message", "an interrupted copy to it could not be resumed: " + why.what).str());
      continue;
    }
    rider.reported = true;
    if (*say->string() == "failed") {
      rider.error = error_from(*parsed);
    } else if (*say->string() == "ended") {
      const json::Value* end = parsed->find("end");
      const std::string word = end != nullptr && end->string() != nullptr ? *end->string() : "";
      const json::Value* verified = parsed->find("verified");
      rider.complete = word == "complete";
      rider.verified = rider.complete && verified != nullptr && verified->boolean() != nullptr && *verified->boolean();
      if (word == "broken") rider.error = Error{Code::ring_broken, "the ring held a wrong block; nothing of it was counted"};
      if (word == "detached") rider.error = Error{Code::hung, "the device gave no answer for too long"};
      if (word == "orphaned") rider.error = Error{Code::producer_died, "the process that reads the source ended unexpectedly"};
    }
  }
}

/// Its process is gone: the seat is free again. One that was given up before may take its time.
void Job::reap(Rider& rider) {
  if (!rider.process || (!rider.link.closed() && !is_final(rider.state))) return;
  const std::optional<platform::ExitStatus> end = rider.process->poll_exit();
  if (!end) return;
  if (producer_) hear_producer();  // what it has said of the blocks this one has belongs to the result
  if (!is_final(rider.state)) take_counts(rider, ring_->entry(*rider.seat));
  const bool rode = ring_->entry(*rider.seat).joined.load() != ring::kNone;
  rider.process.reset();
  rider.link.close();  // thousands may ride in one job: nothing of this one is kept but what it says
  seats_->release(*rider.seat);
  rider.seat.reset();
  if (is_final(rider.state)) return;
  if (!rider.reported || end->signal != 0) {
    Error died{Code::consumer_died, "the process that wrote this target ended unexpectedly"};
    died.what += end->signal != 0 ? " (signal " + std::to_string(end->signal) + ")" : " (exit code " + std::to_string(end->code) + ")";
    return end_rider(rider, State::failed, std::move(died));
  }
  if (rider.error) return end_rider(rider, state_for(*rider.error, rode), rider.error);
  if (rider.complete && source_in_doubt()) return end_rider(rider, State::failed, *source_error_);
  if (rider.complete && end->code == 0 && rider.compared) {
    if (!rider.verified) return end_rider(rider, State::failed, Error{Code::internal, "it was to be compared, and was not"});
    return end_rider(rider, options_.sample ? State::sampled : State::verified, std::nullopt);
  }
  if (rider.complete && end->code == 0) return end_rider(rider, rider.verified ? State::verified : State::done, std::nullopt);
  if (source_error_) return end_rider(rider, State::failed, *source_error_);
  end_rider(rider, State::cancelled, std::nullopt);
}

/// Silence counts only while it is the device's turn: not while the consumer sleeps until the producer publishes. A file system that allocates
/// a file gives no sign of life for long, and gets more time.
void Job::watch_for_stall(Rider& rider, double seconds_passed) {
  const ring::Entry& entry = ring_->entry(*rider.seat);
  const std::uint64_t activity = entry.activity.load(), phase = entry.phase.load();
  const bool waiting = entry.waiting.load() != 0;
  const bool allocating = !rider.device && phase == static_cast<std::uint64_t>(ring::Phase::preparing);
  const std::uint64_t limit = allocating ? std::uint64_t{options_.stall_timeout} * kAllocationFactor : options_.stall_timeout;
  if (waiting || rider.was_waiting || activity != rider.last_activity || phase != rider.last_phase) {
    rider.still.reset();
    rider.stall_told = 0;
  }
  rider.last_activity = activity;
  rider.last_phase = phase;
  rider.was_waiting = waiting;
  rider.still.add(seconds_passed);
  if (rider.still.seconds() >= static_cast<double>(limit)) {
    seats_->detach(*rider.seat);
    rider.process->kill();
    Error hung{Code::hung, "the device gave no answer for " + std::to_string(limit) + " seconds"};
    return end_rider(rider, State::failed, std::move(hung));
  }
  for (const double step : kStallSteps) {
    if (rider.still.seconds() < step || rider.stall_told >= step) continue;
    rider.stall_told = step;
    tell(about("stalled", rider).add("seconds", step).str());
  }
}

void Job::end_rider(Rider& rider, State state, std::optional<Error> error) {
  rider.state = state;
  rider.error = std::move(error);
  rider.ended_ns = platform::now_ns();
  if (!rider.compared && (state == State::done || state == State::verified)) rider.bytes = source_.size;
  if (rider.joined_sequence) tell_rider_progress(rider);
  tell_target(rider);
}

Rider* Job::find_rider(std::uint64_t id) {
  for (Rider& rider : riders_) {
    if (rider.id == id) return &rider;
  }
  return nullptr;
}

bool Job::any_riding() const {
  return tap_ || std::any_of(riders_.begin(), riders_.end(), [](const Rider& r) { return !is_final(r.state); });
}

}  // namespace carousel
