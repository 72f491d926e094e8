// What front ends are told. One line each; progress is dropped for a front end that does not keep up, nothing else is.
#include <algorithm>
#include <cstdio>
#include <span>

#include "base/bytes.hpp"
#include "base/sha256.hpp"
#include "engine/job/job.hpp"
#include "engine/manifest/root.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/clock.hpp"
#include "platform/small_file.hpp"

namespace carousel {
namespace {

constexpr std::uint64_t kProgressEveryNs = 200'000'000U;
constexpr std::uint64_t kPaceEveryNs = 500'000'000U;
constexpr double kPaceLooks = 6;  ///< looks over which it is judged who holds the job back
constexpr std::size_t kCoverageParts = 128;
/// A summary names at most so many ranges; all of them have been told one by one.
constexpr std::size_t kMaxRanges = 1000;

double seconds_between(std::uint64_t from, std::uint64_t to) { return to > from ? static_cast<double>(to - from) * 1e-9 : 0; }

/// Verifying counts from zero again.
std::uint64_t shown_bytes(const Rider& rider) { return rider.state == State::verifying ? rider.bytes_checked : rider.bytes; }

std::string error_object(const Error& error) {
  json::Fields fields;
  add_error(fields, error);
  return fields.str();
}

}  // namespace

double Job::seconds_since_start(std::uint64_t now) const { return seconds_between(begun_ns_, now); }

json::Fields Job::event(const char* name) const {
  json::Fields fields;
  fields.add("event", name).add("t", seconds_since_start(platform::now_ns()));
  return fields;
}

json::Fields Job::about(const char* name, const Rider& rider) const {
  json::Fields fields = event(name);
  fields.add("id", rider.id).add("target", rider.path);
  return fields;
}

void Job::tell(const std::string& line) {
  for (Client& client : clients_) {
    if (client.kind != ClientKind::fresh && !client.told_summary) client.link.send(line);
  }
}

void Job::tell_droppable(const std::string& line) {
  for (Client& client : clients_) {
    if (client.kind != ClientKind::fresh && !client.told_summary && client.link.pending() < kBacklog) client.link.send(line);
  }
}

void Job::tell_job(Client& client) {
  static constexpr const char* roles[] = {"fresh", "producer", "consumer", "observer"};
  json::Fields source;
  source.add("path", source_.path).add("size", source_.size).add("kind", source_.kind == platform::PathKind::device ? "device" : "file");
  source.add("sectorSize", source_.sector).add("mountedWritable", source_mounted_writable_);
  json::Fields pids;
  pids.add("supervisor", static_cast<std::uint64_t>(platform::own_pid()));
  if (producer_pid_) pids.add("producer", static_cast<std::uint64_t>(*producer_pid_));
  json::Fields job = event("job");
  job.add("task", task());
  job.add("job", key_).add("role", roles[static_cast<std::size_t>(client.kind)]).raw("source", source.str());
  job.add("blockSize", options_.block).add("blockCount", (source_.size + options_.block - 1) / options_.block).add("slots", options_.slots);
  job.add("slow", options_.catch_up ? "catch-up" : "together").add("onReadError", options_.stop_on_read_error ? "stop" : "skip");
  job.add("stallTimeout", options_.stall_timeout).add("waitForJoin", options_.wait_for_join).raw("pids", pids.str());
  client.link.send(job.str());
  for (const Rider& rider : riders_) {
    client.link.send(target_line(rider, client));
    if (rider.joined_block) client.link.send(joined_line(rider));
  }
  for (const std::string& by : handed_out_by_) client.link.send(handed_out_line(by));
  for (const Range& range : unreadable_) client.link.send(event("bad-source").add("offset", range.offset).add("length", range.length).str());
}

std::string Job::target_line(const Rider& rider, const Client& client) const {
  json::Fields fields = about("target", rider);
  fields.add("state", to_word(rider.state)).add("size", rider.size).add("kind", rider.device ? "device" : "file");
  if (rider.joined_block) {
    fields.add("joinedAtBlock", *rider.joined_block);
  } else {
    fields.null("joinedAtBlock");
  }
  fields.add("bytesWritten", rider.bytes).add("badBlocks", rider.bad_blocks).add("healedBlocks", rider.healed_blocks);
  fields.add("seconds", seconds_between(rider.begun_ns, rider.ended_ns != 0 ? rider.ended_ns : platform::now_ns()));
  add_findings(fields, rider);
  if (rider.process) fields.add("pid", static_cast<std::uint64_t>(rider.process->pid()));
  fields.add("mine", client.kind == ClientKind::observer || client.id == rider.owner);
  if (rider.compared && !only_checks()) fields.add("compared", true);
  if (rider.error) fields.raw("error", error_object(*rider.error));
  return fields.str();
}

std::string Job::joined_line(const Rider& rider) const {
  return about("joined", rider).add("block", *rider.joined_block).add("sequence", *rider.joined_sequence).str();
}

void Job::tell_target(const Rider& rider) {
  for (Client& client : clients_) {
    if (client.kind != ClientKind::fresh && !client.told_summary) client.link.send(target_line(rider, client));
  }
}

std::string Job::coverage(const Rider& rider) const {
  static constexpr char digits[] = "0123456789abcdef";
  const std::uint64_t blocks = ring_->block_count();
  const std::uint64_t parts = std::min<std::uint64_t>(kCoverageParts, blocks);
  std::string text;
  for (std::uint64_t part = 0; part < parts; ++part) {
    const std::uint64_t from = part * blocks / parts, to = (part + 1) * blocks / parts;
    std::uint64_t have = 0;
    for (std::uint64_t block = from; block < to; ++block) have += ring_->needs(*rider.seat, block) ? 0U : 1U;
    text += digits[have * 15 / (to - from)];
  }
  return text;
}

void Job::tell_rider_progress(Rider& rider) {
  json::Fields body;
  body.add("phase", to_word(rider.state)).add("bytes", shown_bytes(rider)).add("bytesPerSecond", is_final(rider.state) ? 0 : rider.meter.rate());
  if (rider.seat && ring_) body.add("coverage", coverage(rider));
  const std::string now = body.str();
  if (now == rider.shown) return;
  rider.shown = now;
  // The fields of both, as one object.
  std::string line = about("progress", rider).str();
  line.pop_back();
  tell_droppable(line + "," + now.substr(1));
}

std::uint64_t Job::laps() const {
  const std::uint64_t head = ring_ ? ring_->header().head.load() : 0;
  return head == 0 ? 1 : (head - 1) / ring_->block_count() + 1;
}

void Job::tell_progress(std::uint64_t now) {
  if (!ring_) return;
  if (const std::uint64_t lap = laps(); lap != last_lap_) {
    last_lap_ = lap;
    tell(event("lap").add("n", lap).str());
  }
  if (now - told_progress_ns_ < kProgressEveryNs) return;
  told_progress_ns_ = now;
  for (Rider& rider : riders_) {
    if (is_final(rider.state) || (!rider.joined_sequence && rider.state != State::verifying)) continue;
    rider.meter.note(shown_bytes(rider), now);
    tell_rider_progress(rider);
  }
  const ring::Header& h = ring_->header();
  const std::uint64_t head = h.head.load(), read = h.bytes_read.load();
  read_meter_.note(read, now);
  if (head > 0) {
    json::Fields body;
    body.add("sequence", head - 1).add("block", ring_->block_of(head - 1)).add("lap", last_lap_).add("bytesRead", read);
    body.add("bytesPerSecond", read_meter_.rate());
    if (body.str() != told_head_) {
      told_head_ = body.str();
      std::string line = event("head").str();
      line.pop_back();
      tell_droppable(line + "," + told_head_.substr(1));
    }
  }
  tell_pace(now);
}

/// Who holds the job back: one target if the producer waited mostly for that one of late, all of them if it waited for each in turn, or the source
/// if it read most of the time. Over a few looks, because equal devices are the slowest by turns, block for block.
void Job::tell_pace(std::uint64_t now) {
  if (now - told_pace_ns_ < kPaceEveryNs) return;
  const std::uint64_t span = now - told_pace_ns_;
  told_pace_ns_ = now;
  const std::uint64_t reading = ring_->header().reading_ns.load();
  const std::uint64_t read_for = reading - paced_reading_ns_;
  paced_reading_ns_ = reading;
  const Rider* slowest = nullptr;
  std::uint64_t waited_in_all = 0;
  double held_in_all = 0;
  for (Rider& rider : riders_) {
    if (!rider.seat) continue;
    const std::uint64_t gated = ring_->entry(*rider.seat).gated_ns.load(), waited = gated - std::min(gated, rider.gated_ns);
    rider.gated_ns = gated;
    rider.holds_back += (static_cast<double>(waited) / static_cast<double>(span) - rider.holds_back) / kPaceLooks;
    if (is_final(rider.state)) continue;
    waited_in_all += waited;
    held_in_all += rider.holds_back;
    if (slowest == nullptr || rider.holds_back > slowest->holds_back) slowest = &rider;
  }
  json::Fields body;
  if (slowest == nullptr || waited_in_all <= span / 4) {
    body.add("by", any_riding() && read_for > span / 4 ? "source" : "none");
  } else if (slowest->holds_back * 3 >= held_in_all * 2) {
    body.add("by", "target").add("id", slowest->id).add("target", slowest->path);
  } else {
    body.add("by", "targets");
  }
  if (body.str() == told_pace_) return;
  told_pace_ = body.str();
  std::string line = event("pace").str();
  line.pop_back();
  tell(line + "," + told_pace_.substr(1));
}

std::string Job::digests_line(const DigestsVerb& verb, const std::string& request) const {
  std::vector<std::string> list;
  for (std::uint64_t block = verb.from; block < std::min(verb.from + verb.count, ring_->block_count()); ++block) {
    const ring::BlockRecord& record = ring_->record(block);
    list.push_back(record.state.load() == 0 ? "null" : "\"" + hex(record.digest) + "\"");
  }
  json::Fields fields = event("digests");
  if (!request.empty()) fields.add("request", request);
  return fields.add("from", verb.from).raw("list", json::list(list)).str();
}

/// Nothing before every block has been read.
std::optional<std::string> Job::root_digest() const {
  if (!ring_) return std::nullopt;
  manifest::RootDigest root(source_.size, options_.block);
  for (std::uint64_t block = 0; block < ring_->block_count(); ++block) {
    const ring::BlockRecord& record = ring_->record(block);
    if (record.state.load() == 0) return std::nullopt;
    root.add(record.digest);
  }
  return root.finish();
}

std::string Job::result_of(const Rider& rider) const {
  json::Fields fields;
  fields.add("id", rider.id).add("path", rider.path).add("state", to_word(rider.state));
  if (rider.joined_block) {
    fields.add("joinedAtBlock", *rider.joined_block);
  } else {
    fields.null("joinedAtBlock");
  }
  fields.add("bytesWritten", rider.bytes).add("badBlocks", rider.bad_blocks).add("healedBlocks", rider.healed_blocks);
  fields.add("seconds", seconds_between(rider.begun_ns, rider.ended_ns));
  add_findings(fields, rider);
  if (rider.compared && !only_checks()) fields.add("compared", true);
  if (rider.error) fields.raw("error", error_object(*rider.error));
  return fields.str();
}

std::string Job::source_result() const {
  json::Fields fields;
  fields.add("path", source_.path).add("size", source_.size).add("blockSize", options_.block);
  fields.add("bytesRead", ring_ ? ring_->header().bytes_read.load() : 0).add("laps", laps());
  if (const std::optional<std::string> root = root_digest()) {
    fields.add("rootDigest", *root);
  } else {
    fields.null("rootDigest");
  }
  if (sha256_) fields.add("sha256", *sha256_);
  std::vector<std::string> ranges;
  for (const Range& range : unreadable_) {
    if (ranges.size() == kMaxRanges) break;
    ranges.push_back(json::Fields().add("offset", range.offset).add("length", range.length).str());
  }
  fields.raw("unreadable", json::list(ranges));
  if (unreadable_.size() > kMaxRanges) fields.add("unreadableMore", std::uint64_t{unreadable_.size() - kMaxRanges});
  if (source_error_) fields.raw("error", error_object(*source_error_));
  return fields.str();
}

/// What is to be known about how good it is, beside its state.
void Job::add_findings(json::Fields& to, const Rider& rider) const {
  if (is_good(rider.state) && !unreadable_.empty()) to.add("unreadable", std::uint64_t{unreadable_.size()});
  if (rider.resumed > 0) to.add("resumedBlocks", rider.resumed);
  if (!rider.evidence.empty()) to.raw("evidence", json::list(rider.evidence));
  if (rider.device_bytes > 0) to.add("deviceBytes", rider.device_bytes).add("deviceMs", rider.device_ms);
}

const char* Job::task() const { return !only_checks() ? "copy" : options_.sample ? "sample" : "verify"; }

std::string Job::summary_for(const Client& client) {
  static constexpr const char* outcomes[] = {"complete", "cancelled", "source-failed"};
  static constexpr const char* roles[] = {"fresh", "producer", "consumer", "observer"};
  std::vector<std::string> own, others;
  bool good = unreadable_.empty() && !source_error_;
  for (const Rider& rider : riders_) {
    const bool mine = client.kind == ClientKind::observer || rider.owner == client.id;
    if (!mine && !is_final(rider.state)) continue;  // a joiner may be done before others are, and a summary holds results only
    (mine ? own : others).push_back(result_of(rider));
    if (mine) good = good && is_good(rider.state);
  }
  const ManifestWish* wish = wish_of(client);
  if (wish != nullptr) good = good && wish->settled && !wish->error;
  json::Fields fields = event("summary");
  fields.add("task", task()).add("ok", good).add("role", roles[static_cast<std::size_t>(client.kind)]).add("outcome", outcomes[static_cast<std::size_t>(outcome_)]);
  fields.raw("source", source_result()).raw("targets", json::list(own)).raw("others", json::list(others));
  if (wish != nullptr) {
    json::Fields manifest;
    manifest.add("path", wish->path).add("written", wish->settled && !wish->error);
    if (wish->error) manifest.raw("error", error_object(*wish->error));
    fields.raw("manifest", manifest.str());
  }
  if (!handed_out_by_.empty()) {
    std::vector<std::string> marks;
    for (const std::string& by : handed_out_by_) marks.push_back("\"" + by + "\"");  // small letters and digits
    fields.raw("handedOutBy", json::list(marks));
  }
  fields.add("seconds", seconds_since_start(platform::now_ns()));
  return fields.str();
}

void Job::tell_summary(Client& client) {
  if (ManifestWish* wish = wish_of(client)) write_manifest(*wish);
  client.link.send(summary_for(client));
  client.told_summary = true;
}

/// For a front end that is gone by now and comes back later. The whole job, as an observer would be told.
void Job::keep_result() {
  if (options_.result_file.empty()) return;
  Client observer;
  observer.kind = ClientKind::observer;
  const std::string summary = summary_for(observer);
  Sha256 check;
  check.update(std::as_bytes(std::span(summary)));
  const Status kept = platform::write_new_file(options_.result_file, summary + "\n" + hex(check.finish()) + "\n");
  if (!kept) std::fprintf(stderr, "%s\n", kept.error().what.c_str());
}

}  // namespace carousel
