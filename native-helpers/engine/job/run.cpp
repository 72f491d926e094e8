#include "engine/job/run.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <future>
#include <set>

#include "base/json.hpp"
#include "engine/job/client.hpp"
#include "engine/job/job.hpp"
#include "engine/job/map_head.hpp"
#include "engine/job/relay.hpp"
#include "engine/resume/map.hpp"
#include "engine/safety/approval.hpp"
#include "engine/safety/rules.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/clock.hpp"
#include "platform/plain_file.hpp"

namespace carousel {
namespace {

/// How often a starter whose job ended under it tries again to be first; each try is a new and unlikely accident.
constexpr int kTries = 50;
constexpr std::uint32_t kPauseMs = 10;
/// How long `jobs` waits for a job to say what it is.
constexpr int kIntroduceMs = 2000;

/// The first line, waiting for it; an empty text if the stream ends before.
std::string first_line(LineChannel& from) {
  for (;;) {
    from.receive();
    if (const std::optional<std::string> line = from.next_line()) return *line;
    if (from.closed()) return {};
    platform::PollItem item = from.poll_item();
    platform::poll({&item, 1}, -1);
  }
}

void complain(LineChannel& front, const Error& error) {
  json::Fields fields;
  fields.add("event", "error").add("t", 0.0);
  add_error(fields, error);
  front.send(fields.str());
  front.drain(kLastWordsMs);
}

/// The job could not even begin: every target is named, none was touched.
void refuse_job(LineChannel& front, const StartVerb& start, const Error& error) {
  json::Fields why;
  add_error(why, error);
  std::vector<std::string> targets;
  for (std::size_t i = 0; i < start.targets.size(); ++i) {
    json::Fields target;
    target.add("id", std::uint64_t{i + 1}).add("path", start.targets[i].path).add("state", "refused").null("joinedAtBlock");
    target.add("bytesWritten", 0).add("badBlocks", 0).add("healedBlocks", 0).add("seconds", 0.0).raw("error", why.str());
    targets.push_back(target.str());
  }
  json::Fields source;
  source.add("path", start.source).add("size", 0).add("bytesRead", 0).add("laps", 0).null("rootDigest").raw("unreadable", "[]").raw("error", why.str());
  json::Fields summary;
  summary.add("event", "summary").add("t", 0.0).add("ok", false).add("role", "producer").add("outcome", "refused");
  summary.raw("source", source.str()).raw("targets", json::list(targets)).raw("others", "[]").add("seconds", 0.0);
  front.send(summary.str());
  front.drain(kLastWordsMs);
}

/// A job that compares its targets with a manifest. Nobody joins it, so its name is its own.
int run_verify(StartVerb start, LineChannel front, platform::NativeHandle termination) {
  // All of it is looked at before room is made for what it claims: a few lines can claim more blocks than there is memory.
  Result<manifest::Reader> reference = manifest::Reader::open(start.reference);
  if (reference) {
    const Status whole = reference->digests([](std::uint64_t, const Digest&) {});
    reference = whole ? manifest::Reader::open(start.reference) : Result<manifest::Reader>(whole.error());
  }
  if (!reference) {
    refuse_job(front, start, reference.error());
    return 1;
  }
  platform::PathFacts source;
  const manifest::Head& head = reference->head();
  if (start.options.heal) {
    source = platform::inspect(start.source);
    safety::Reasons reasons = safety::against_source(source);
    if (const Status meant = safety::demand_identity(source, start.source_identity); !meant) reasons.push_back(meant.error());
    if (reasons.empty() && source.size != head.size) reasons.push_back({Code::source_changed, "the source has another size than the manifest says"});
    if (!reasons.empty()) {
      refuse_job(front, start, reasons.front());
      return 1;
    }
  } else {
    source.path = source.resolved = head.source_path;
    source.kind = head.source_is_device ? platform::PathKind::device : platform::PathKind::file;
    source.size = head.size;
  }
  for (int i = 0; i < kTries; ++i) {
    const std::string key = "verify-" + std::to_string(platform::own_pid()) + "-" + std::to_string(i);
    Result<std::variant<platform::Rendezvous, platform::Endpoint>> claimed = platform::Rendezvous::claim(key);
    if (!claimed) continue;
    auto* listener = std::get_if<platform::Rendezvous>(&*claimed);
    if (listener == nullptr) continue;
    return Job(std::move(start), std::move(source), std::move(*reference), key, std::move(*listener), std::move(front), termination).run();
  }
  refuse_job(front, start, {Code::internal, "no name is free for this job"});
  return 1;
}

/// A station's job: its source is a job of another machine, by whose name a later starter on this machine finds it.
int run_station(const StartVerb& start, LineChannel front, const std::string& line, platform::NativeHandle termination) {
  const std::string key = "station-" + start.feed->job;
  platform::PathFacts source;
  source.path = source.resolved = "carousel:" + start.feed->job;
  source.lasting = "carousel job " + start.feed->job;
  source.kind = platform::PathKind::file;
  source.size = start.feed->size;
  for (int i = 0; i < kTries; ++i) {
    Result<std::variant<platform::Rendezvous, platform::Endpoint>> claimed = platform::Rendezvous::claim(key);
    if (!claimed) {
      refuse_job(front, start, claimed.error());
      return 1;
    }
    if (auto* listener = std::get_if<platform::Rendezvous>(&*claimed)) {
      return Job(start, std::move(source), key, std::move(*listener), std::move(front), termination).run();
    }
    LineChannel job(std::move(std::get<platform::Endpoint>(*claimed)), json::kMaxEvent);
    if (relay(front, std::move(job), line, termination) == RelayEnd::served) return 0;
    platform::sleep_ms(kPauseMs);
  }
  refuse_job(front, start, {Code::in_use, "the jobs of this station end as soon as they begin"});
  return 1;
}

}  // namespace

int run_job() {
  Result<platform::Handle> termination = platform::termination_requests();
  if (!termination) return 1;
  LineChannel front(platform::Endpoint::standard());
  const std::string line = first_line(front);
  Result<Verb> verb = decode_verb(line);
  StartVerb* start = verb ? std::get_if<StartVerb>(&verb->what) : nullptr;
  if (start == nullptr) {
    complain(front, verb ? Error{Code::protocol, "the first line must be start or verify"} : verb.error());
    return 2;
  }
  if (!start->reference.empty()) return run_verify(std::move(*start), std::move(front), termination->get());
  if (!start->options.manifest.empty()) {
    // Whoever waits hours for a copy must not learn only then that there is no room for its manifest. The file made here goes at once.
    const Result<platform::PlainWriter> room = platform::name_taken(start->options.manifest)
                                                   ? Error{Code::in_use, start->options.manifest + " is there already"}
                                                   : platform::PlainWriter::create(start->options.manifest);
    if (!room) {
      refuse_job(front, *start, room.error());
      return 1;
    }
  }
  if (start->feed) return run_station(*start, std::move(front), line, termination->get());
  for (int i = 0; i < kTries; ++i) {
    platform::PathFacts source = platform::inspect(start->source);
    safety::Reasons reasons = safety::against_source(source);
    if (const Status meant = safety::demand_identity(source, start->source_identity); !meant) reasons.push_back(meant.error());
    if (!reasons.empty()) {
      refuse_job(front, *start, reasons.front());
      return 1;
    }
    if (const auto& skip = start->options.skip; !skip.empty() && skip.back().offset + skip.back().length > source.size) {
      refuse_job(front, *start, {Code::bad_option, "skipRanges reach past the end of the source"});
      return 1;
    }
    Result<std::variant<platform::Rendezvous, platform::Endpoint>> claimed = platform::Rendezvous::claim(safety::key_of(source.identity));
    if (!claimed) {
      refuse_job(front, *start, claimed.error());
      return 1;
    }
    if (auto* listener = std::get_if<platform::Rendezvous>(&*claimed)) {
      return Job(std::move(*start), std::move(source), std::move(*listener), std::move(front), termination->get()).run();
    }
    LineChannel job(std::move(std::get<platform::Endpoint>(*claimed)), json::kMaxEvent);
    if (relay(front, std::move(job), line, termination->get()) == RelayEnd::served) return 0;
    platform::sleep_ms(kPauseMs);
  }
  refuse_job(front, *start, {Code::in_use, "the jobs of this source end as soon as they begin"});
  return 1;
}

int run_attach(const std::string& key) {
  Result<platform::Handle> termination = platform::termination_requests();
  if (!termination) return 1;
  LineChannel front(platform::Endpoint::standard());
  Result<platform::Endpoint> job = platform::Rendezvous::connect(key);
  if (!job) {
    complain(front, job.error());
    return 1;
  }
  if (relay(front, LineChannel(std::move(*job), json::kMaxEvent), R"({"verb":"attach"})", termination->get()) == RelayEnd::served) return 0;
  complain(front, {Code::job_ending, "the job is over"});
  return 1;
}

int run_resumable(const std::string& folder, const std::string& block_size, const std::string& source, const std::vector<std::string>& targets) {
  std::uint64_t block = 0;
  const auto [end, error] = std::from_chars(block_size.data(), block_size.data() + block_size.size(), block);
  if (error != std::errc() || end != block_size.data() + block_size.size() || block == 0) return 2;
  const platform::PathFacts from = platform::inspect(source);
  const std::uint64_t count = (from.size + block - 1) / block;
  for (const std::string& path : targets) {
    const platform::PathFacts to = platform::inspect(path);
    std::set<std::uint64_t> there;
    if (!from.lasting.empty() && !to.lasting.empty() && to.kind != platform::PathKind::missing) {
      // A map that cannot be read is as good as none.
      (void)resume::read_map(resume::map_path(folder, to.lasting), map_head(from, to, block), [&](const resume::Record& known) {
        if (known.finished && known.block < count) there.insert(known.block);
      });
    }
    std::printf("%s\n", json::Fields().add("path", path).add("blocks", std::uint64_t{there.size()}).add("of", count).str().c_str());
  }
  return 0;
}

int run_jobs() {
  for (const std::string& key : platform::Rendezvous::list()) {
    Result<platform::Endpoint> peer = platform::Rendezvous::connect(key);
    if (!peer) continue;
    LineChannel job(std::move(*peer), json::kMaxEvent);
    job.send(R"({"verb":"attach"})");
    const std::uint64_t until = platform::now_ns() + std::uint64_t{kIntroduceMs} * 1'000'000U;
    std::string path, pid = "null";
    while (path.empty() && !job.closed() && platform::now_ns() < until) {
      platform::PollItem item = job.poll_item();
      platform::poll({&item, 1}, 100);
      job.receive();
      while (const std::optional<std::string> line = job.next_line()) {
        const Result<json::Value> event = json::parse(*line);
        const json::Value* source = event ? event->find("source") : nullptr;
        const json::Value* at = source != nullptr ? source->find("path") : nullptr;
        const json::Value* pids = event ? event->find("pids") : nullptr;
        const json::Value* supervisor = pids != nullptr ? pids->find("supervisor") : nullptr;
        if (supervisor != nullptr && supervisor->whole()) pid = std::to_string(*supervisor->whole());
        if (at != nullptr && at->string() != nullptr) path = *at->string();
      }
    }
    if (!path.empty()) std::printf("%s\n", json::Fields().add("job", key).raw("pid", pid).add("source", path).str().c_str());
  }
  return 0;
}

namespace {

std::string verdict(const safety::Reasons& reasons) {
  std::vector<std::string> items;
  for (const Error& reason : reasons) items.push_back(json::Fields().add("code", to_text(reason.code)).add("message", reason.what).str());
  return json::Fields().add("ok", reasons.empty()).raw("reasons", json::list(items)).str();
}

/// What is on a drive, or why that cannot be seen.
std::string surveyed(const platform::PathFacts& facts) {
  Result<platform::BlockFile> device = platform::BlockFile::open_to_look(facts.resolved);
  Result<safety::Survey> found = device ? safety::survey(*device, facts) : Result<safety::Survey>(device.error());
  json::Fields out;
  if (!found) {
    add_error(out, found.error());
    return json::Fields().raw("error", out.str()).str();
  }
  const safety::Contents& contents = found->contents;
  std::vector<std::string> volumes;
  for (const safety::Volume& volume : contents.volumes) {
    json::Fields one;
    one.add("offset", volume.offset).add("size", volume.size).add("kind", volume.kind).add("label", volume.label);
    if (volume.used) one.add("used", *volume.used);
    if (volume.newest) one.add("newest", *volume.newest);
    volumes.push_back(one.str());
  }
  out.add("level", found->level).add("approval", found->token).add("unmountApproval", found->unmount_token).add("readable", contents.readable).add("blank", contents.blank);
  return out.add("table", contents.table).raw("volumes", json::list(volumes)).str();
}

/// One line about a path; with `looking`, what is on the drive and the token of an approval.
std::string verdict_on(const platform::PathFacts& facts, bool looking) {
  static constexpr const char* kinds[] = {"missing", "device", "file", "other"};
  const safety::Reasons against = safety::against_target(facts, nullptr);
  json::Fields out;
  out.add("path", facts.path).add("exists", facts.kind != platform::PathKind::missing).add("kind", kinds[static_cast<std::size_t>(facts.kind)]);
  out.add("size", facts.size).add("sectorSize", facts.sector).add("physicalSectorSize", facts.physical_sector);
  out.add("readOnly", facts.read_only).add("removable", facts.removable);
  out.add("major", facts.identity.major).add("minor", facts.identity.minor).add("diskseq", facts.identity.sequence);
  out.add("busPath", facts.bus_path).add("serial", facts.serial).add("wwn", facts.wwn).add("identity", safety::identity_of(facts));
  out.raw("source", verdict(safety::against_source(facts))).raw("target", verdict(against));
  // What is refused is not read either, unless unmounting it would help; a lack of rights is the answer of the attempt.
  const bool open = std::all_of(against.begin(), against.end(), [](const Error& reason) { return reason.code == Code::mounted || class_of(reason.code) == CodeClass::permission; });
  if (looking && open && facts.kind == platform::PathKind::device) out.raw("survey", surveyed(facts));
  return out.str();
}

}  // namespace

int run_check(const std::vector<std::string>& paths, bool looking) {
  const std::vector<platform::PathFacts> found = platform::inspect_all(paths);
  std::vector<std::future<std::string>> lines;
  // Side by side: one drive that takes its time does not hold up the others.
  for (const platform::PathFacts& facts : found) {
    lines.push_back(std::async(looking ? std::launch::async : std::launch::deferred, [&facts, looking] { return verdict_on(facts, looking); }));
  }
  for (std::future<std::string>& line : lines) std::printf("%s\n", line.get().c_str());
  return 0;
}

}  // namespace carousel
