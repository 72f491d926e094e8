#include "engine/job/job.hpp"

#include <algorithm>
#include <array>
#include <csignal>

#include "engine/safety/rules.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/clock.hpp"

namespace carousel {
namespace {

/// How often the loop looks at the ring when nothing else happens.
constexpr int kTickMs = 100;
/// The same where the end of a process tells nobody of itself.
constexpr int kSoonTickMs = 2;
/// Riding together, the others wait at most this long for one that is still being prepared (a file system that takes minutes to allocate a
/// file); then it goes on by itself.
constexpr std::uint64_t kPatienceNs = 30'000'000'000U;
/// How long the end of the job waits for processes that have been told to end.
constexpr int kGraceMs = 3000;

/// Two readings of the source differ, or something wrote to it between them: what targets hold is one of several states of it.
bool puts_in_doubt(const Error& error) { return error.code == Code::source_changed || error.code == Code::source_written; }

}  // namespace

Job::Job(StartVerb start, platform::PathFacts source, platform::Rendezvous listener, LineChannel front, platform::NativeHandle termination)
    : options_(start.options),
      first_targets_(std::move(start.targets)),
      feed_(std::move(start.feed)),
      source_(std::move(source)),
      key_(safety::key_of(source_.identity)),
      listener_(std::move(listener)),
      termination_(termination) {
  Client& client = clients_.emplace_back();
  client.id = next_client_++;
  client.kind = ClientKind::starter;
  client.link = std::move(front);
  wishes_of(client, options_);
}

Job::Job(StartVerb start, platform::PathFacts source, manifest::Reader reference, std::string key, platform::Rendezvous listener, LineChannel front,
         platform::NativeHandle termination)
    : Job(std::move(start), std::move(source), std::move(listener), std::move(front), termination) {
  key_ = std::move(key);
  options_.block = reference.head().block_size;
  if (!options_.heal) options_.slots = ring::kMinSlots;  // nothing will lie in them
  reference_.emplace(std::move(reference));
}

Job::Job(StartVerb start, platform::PathFacts source, std::string key, platform::Rendezvous listener, LineChannel front, platform::NativeHandle termination)
    : Job(std::move(start), std::move(source), std::move(listener), std::move(front), termination) {
  key_ = std::move(key);
}

Status Job::set_up() {
  Result<ring::Ring> made = ring::Ring::create({source_.size, options_.block, options_.slots});
  if (!made) return std::move(made).error();
  ring_.emplace(std::move(*made));
  seats_.emplace(*ring_);
  if (only_checks()) {
    if (Status status = load_reference(); !status || !options_.heal) return status;
  }
  if (feed_) {
    if (Status status = feed_->digests.empty() ? Status() : load_digests(feed_->digests); !status) return status;
  } else if (options_.take_up) {
    load_maps(first_targets_);
  }
  return start_producer();
}

Status Job::start_producer() {
  Result<std::pair<platform::Endpoint, platform::Endpoint>> ends = platform::Endpoint::pair();
  if (!ends) return std::move(ends).error();
  Result<platform::Child> child = platform::Child::start(feed_ ? "receive" : "produce", source_.path, std::move(ends->second), ring_->handle());
  if (!child) return std::move(child).error();
  producer_pid_ = child->pid();
  producer_.emplace(std::move(*child));
  producer_link_ = LineChannel(std::move(ends->first));
  if (feed_) {
    producer_link_.send(to_line(FeedOrders{feed_->path, 0}));
    return {};
  }
  ProducerOrders orders{source_.resolved, source_.identity, options_.limit, !options_.stop_on_read_error, options_.skip, !manifests_.empty(), again_, source_.change_mark};
  producer_link_.send(to_line(orders));
  return {};
}

int Job::run() {
  begun_ns_ = looked_ns_ = idle_since_ns_ = platform::now_ns();
  Client& starter = clients_.front();
  starter.link.send(event("hello").add("version", kProtocolVersion).add("helper", kHelperVersion).add("pid", static_cast<std::uint64_t>(platform::own_pid())).str());
  if (Status status = set_up(); !status) {
    fail_source(status.error());
  }
  tell_job(starter);
  for (const TargetAsk& asked : first_targets_) add_target(asked, starter);
  if (seats_) seats_->let_go();
  loop();
  wind_up();
  return 0;
}

void Job::wait_for_something() {
  std::vector<platform::PollItem> items;
  items.push_back({termination_, true, false});
  items.push_back({listener_.handle(), true, false});
  if (!producer_link_.closed()) items.push_back(producer_link_.poll_item());
  for (const Rider& rider : riders_) {
    if (rider.process && !rider.link.closed()) items.push_back(rider.link.poll_item());
  }
  if (tap_ && !tap_->link.closed()) items.push_back(tap_->link.poll_item());
  for (const Client& client : clients_) {
    if (!client.link.closed()) items.push_back(client.link.poll_item());
    if (client.link.can_send() && client.link.pending() > 0) items.push_back({client.link.endpoint().write_handle(), false, true});
  }
  // A worker that has closed its stream is a moment away from its end.
  int timeout = kTickMs;
  for (const Rider& rider : riders_) {
    if (rider.process && rider.link.closed() && !is_final(rider.state)) await_end(*rider.process, items, timeout);
  }
  if (tap_ && tap_->link.closed()) await_end(tap_->process, items, timeout);
  platform::poll(items, timeout);
  if (items[0].can_read) {
    std::array<std::byte, 16> drained;
    (void)platform::Endpoint::read_some(termination_, drained);
    cancel(0);
  }
  if (items[1].can_read) accept_clients();
}

/// Adds the end of a process to what is waited for.
void Job::await_end(const platform::Child& process, std::vector<platform::PollItem>& items, int& timeout) {
  if (process.end_handle() == platform::kNoHandle) {
    timeout = kSoonTickMs;
  } else {
    items.push_back({process.end_handle(), true, false});
  }
}

void Job::wait_for_ends() {
  std::vector<platform::PollItem> items;
  int timeout = kTickMs;
  if (producer_) {
    if (!producer_link_.closed()) items.push_back(producer_link_.poll_item());
    await_end(*producer_, items, timeout);
  }
  for (const Rider& rider : riders_) {
    if (rider.process) await_end(*rider.process, items, timeout);
  }
  if (tap_) await_end(tap_->process, items, timeout);
  platform::poll(items, timeout);
}

void Job::loop() {
  for (;;) {
    const std::uint64_t now = platform::now_ns();
    const double passed = static_cast<double>(now - looked_ns_) * 1e-9;
    looked_ns_ = now;
    producer_news();
    watch_source_for_stall(passed);
    for (Rider& rider : riders_) watch_rider(rider, passed);
    watch_tap(passed);
    set_unready_aside(now);
    tell_progress(now);
    dismiss_finished_joiners();
    drop_gone_clients();
    if (any_riding()) {
      idle_since_ns_ = now;
    } else if (over(now)) {
      return;
    }
    wait_for_something();
    for (Client& client : clients_) {
      client.link.flush();
      hear(client);
    }
  }
}

void Job::set_unready_aside(std::uint64_t now) {
  bool unready = false;
  for (const Rider& rider : riders_) {
    if (rider.joined_sequence && first_joined_ns_ == 0) first_joined_ns_ = now;
    unready = unready || (!is_final(rider.state) && !rider.joined_sequence && rider.seat);
  }
  if (!unready || first_joined_ns_ == 0 || now - first_joined_ns_ < kPatienceNs) return;
  for (const Rider& rider : riders_) {
    if (!is_final(rider.state) && !rider.joined_sequence && rider.seat) seats_->set_aside(*rider.seat);
  }
}

bool Job::over(std::uint64_t now) {
  if (outcome_ != Outcome::complete) return true;
  return now - idle_since_ns_ >= std::uint64_t{options_.wait_for_join} * 1'000'000'000U;
}

void Job::fail_source(Error error) {
  if (source_error_) return;
  source_error_ = std::move(error);
  if (outcome_ == Outcome::complete) outcome_ = Outcome::source_failed;
  stop_tap();
  for (Rider& rider : riders_) {
    // What it was given is one of two readings that differ, and nobody knows which is right.
    if (source_in_doubt() && is_good(rider.state)) end_rider(rider, State::failed, *source_error_);
    // One that has everything needs no source any more - unless the source itself is in doubt, and is what it is held against.
    const bool has_all = rider.joined_sequence && (rider.state == State::flushing || rider.state == State::verifying);
    if (is_final(rider.state) || (has_all && !source_in_doubt())) continue;
    if (only_checks() && rider.state != State::healing) continue;
    if (rider.seat) seats_->ask_to_leave(*rider.seat);
  }
}

/// What was read does not hold. What is only compared is held against a manifest, whatever the source is by now.
bool Job::source_in_doubt() const { return !only_checks() && source_error_ && puts_in_doubt(*source_error_); }

void Job::cancel(std::uint64_t owner) {
  if (owner == 0 && outcome_ == Outcome::complete) outcome_ = Outcome::cancelled;
  if (owner == 0) stop_tap();
  for (Rider& rider : riders_) {
    if (is_final(rider.state) || (owner != 0 && rider.owner != owner)) continue;
    if (rider.seat) seats_->ask_to_leave(*rider.seat);
  }
}

/// Everything it has said by now, however much that is: it may be its last words.
void Job::hear_producer() {
  const auto next = [this] {
    std::optional<std::string> line = producer_link_.next_line();
    if (line) return line;
    producer_link_.receive();
    return producer_link_.next_line();
  };
  while (const std::optional<std::string> line = next()) {
    const Result<json::Value> parsed = json::parse(*line);
    const json::Value* say = parsed ? parsed->find("say") : nullptr;
    if (say == nullptr || say->string() == nullptr) continue;
    if (*say->string() == "ready") {
      producer_ready_ = true;
      const json::Value* mounted = parsed->find("mountedWritable");
      source_mounted_writable_ = mounted != nullptr && mounted->boolean() != nullptr && *mounted->boolean();
      if (source_mounted_writable_) {
        tell(event("warning").add("code", "source-mounted-writable").add("message", "the source is mounted for writing; what changes on it meanwhile makes the copies inconsistent").str());
      }
    } else if (*say->string() == "bad") {
      const json::Value* offset = parsed->find("offset");
      const json::Value* length = parsed->find("length");
      if (offset == nullptr || length == nullptr || !offset->whole() || !length->whole()) continue;
      if (!merge_range(unreadable_, {*offset->whole(), *length->whole()})) continue;  // known from an earlier lap
      tell(event("bad-source").add("offset", *offset->whole()).add("length", *length->whole()).str());
    } else if (*say->string() == "sha256") {
      const json::Value* digits = parsed->find("hex");
      if (digits != nullptr && digits->string() != nullptr) sha256_ = *digits->string();
    } else if (*say->string() == "failed") {
      // At the end of the job its other troubles do not matter any more, but two readings that differ do.
      Error error = error_from(*parsed);
      if (!winding_up_ || puts_in_doubt(error)) fail_source(std::move(error));
    }
  }
}

void Job::producer_news() {
  if (!producer_) return;
  hear_producer();
  if (!producer_link_.closed()) return;
  if (const std::optional<platform::ExitStatus> end = producer_->poll_exit()) {
    producer_.reset();
    producer_link_.close();
    Error error{Code::producer_died, "the process that reads the source ended unexpectedly"};
    if (end->signal != 0) error.what += " (signal " + std::to_string(end->signal) + ")";
    fail_source(std::move(error));
  }
}

/// The producer's turn: it reads, or every rider sleeps until it publishes. Then silence means that the source, or the producer itself, hangs.
bool Job::producers_turn() const {
  const ring::Header& h = ring_->header();
  if (h.producer_phase.load() == static_cast<std::uint32_t>(ring::ProducerPhase::reading)) return true;
  bool wanted = false;
  for (std::uint32_t seat = 0; seat < h.entries_used.load(); ++seat) {
    const ring::Entry& e = ring_->entry(seat);
    if (static_cast<ring::Seat>(e.seat.load()) != ring::Seat::attached) continue;
    if (e.waiting.load() == 0) return false;
    wanted = wanted || e.missing.load() != 0;
  }
  return wanted;
}

void Job::watch_source_for_stall(double seconds_passed) {
  if (!producer_ || source_error_) return;
  const ring::Header& h = ring_->header();
  const std::uint64_t activity = h.source_activity.load() + h.head.load();
  if (!producers_turn() || activity != last_source_activity_) source_still_.reset();
  last_source_activity_ = activity;
  source_still_.add(seconds_passed);
  if (source_still_.seconds() < options_.stall_timeout) return;
  producer_->kill();
  fail_source({Code::source_error, "the source gave no answer for " + std::to_string(options_.stall_timeout) + " seconds"});
}

void Job::wind_up() {
  winding_up_ = true;
  listener_.close();  // from here on a later starter finds nobody and becomes the producer itself
  if (seats_) seats_->stop_all();
  const std::uint64_t until = platform::now_ns() + std::uint64_t{kGraceMs} * 1'000'000U;
  const auto waiting = [&] {
    bool any = producer_.has_value() || tap_.has_value();
    for (const Rider& rider : riders_) any = any || rider.process.has_value();
    return any && platform::now_ns() < until;
  };
  while (waiting()) {
    if (producer_) hear_producer();
    if (producer_ && producer_->poll_exit()) {
      hear_producer();
      producer_.reset();
    }
    for (Rider& rider : riders_) reap(rider);
    if (tap_ && tap_->process.poll_exit()) tap_.reset();
    if (waiting()) wait_for_ends();
  }
  // Stuck in a device: it ends when the device lets it, and has nothing left to do.
  if (producer_) producer_->kill();
  if (tap_) tap_->process.kill();
  for (Rider& rider : riders_) {
    if (rider.process) rider.process->kill();
  }
  for (ManifestWish& wish : manifests_) write_manifest(wish);
  keep_result();
  for (Client& client : clients_) {
    if (client.kind != ClientKind::fresh && !client.told_summary) tell_summary(client);
  }
  const std::uint64_t spoken_by = platform::now_ns() + std::uint64_t{kLastWordsMs} * 1'000'000U;
  for (Client& client : clients_) {
    const std::uint64_t now = platform::now_ns();
    client.link.drain(now < spoken_by ? static_cast<int>((spoken_by - now) / 1'000'000U) : 0);
  }
}

}  // namespace carousel
