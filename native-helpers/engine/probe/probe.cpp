#include "engine/probe/probe.hpp"

#include <array>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/meter.hpp"
#include "engine/probe/examiner.hpp"
#include "engine/probe/findings.hpp"
#include "engine/safety/approval.hpp"
#include "engine/safety/rules.hpp"
#include "engine/session/line_channel.hpp"
#include "engine/session/verbs.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/clock.hpp"
#include "platform/inspect.hpp"
#include "platform/process.hpp"

namespace carousel::probe {
namespace {

constexpr int kTickMs = 200;
constexpr int kLastWordsMs = 10'000;
/// A worker that has closed its stream is a moment away from its end.
constexpr int kEndMs = 5'000;
/// A drive that is silent this long (seconds) is worth a word, long before it is given up.
constexpr std::array kStallSteps = {5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0};

class Supervisor {
 public:
  Supervisor(LineChannel& front, platform::NativeHandle termination) : front_(front), termination_(termination), begun_ns_(platform::now_ns()) {}

  int run(const ProbeVerb& verb);

 private:
  Status start();
  void loop();
  void wait();
  void hear_front();
  void hear_worker();
  void stop();
  void watch_for_stall();
  void tell_end();
  json::Fields event(const char* name) const;

  LineChannel& front_;
  platform::NativeHandle termination_;
  std::uint64_t begun_ns_, heard_ns_ = 0;
  ProbeVerb verb_;
  platform::PathFacts facts_;
  std::optional<platform::Child> worker_;
  LineChannel link_;
  Meter meter_;
  std::string phase_;
  double stall_told_ = 0;
  bool asked_to_stop_ = false, refused_ = false;
  std::optional<Report> report_;
};

json::Fields Supervisor::event(const char* name) const {
  json::Fields fields;
  fields.add("event", name).add("t", static_cast<double>(platform::now_ns() - begun_ns_) * 1e-9);
  return fields;
}

Status Supervisor::start() {
  facts_ = platform::inspect(verb_.target.path);
  // Only a new file of a copy may be missing; a probe makes nothing.
  safety::Reasons reasons = safety::against_target(facts_, nullptr);
  if (reasons.empty() && (facts_.kind == platform::PathKind::missing || facts_.size == 0)) {
    reasons.push_back({Code::not_found, facts_.kind == platform::PathKind::missing ? "there is nothing at this path" : "it has no bytes"});
  }
  if (reasons.empty() && platform::Rendezvous::connect(safety::key_of(facts_.identity))) {
    reasons.push_back({Code::source_of_other_job, "a running job reads from it"});
  }
  if (const Status meant = safety::demand_identity(facts_, verb_.target.identity); !meant) reasons.push_back(meant.error());
  const bool device = facts_.kind == platform::PathKind::device;
  if (reasons.empty() && device && verb_.target.approval.empty()) reasons.push_back({Code::not_approved, "nobody has agreed to lose what is on it"});
  if (!reasons.empty()) return reasons.front();
  Result<std::pair<platform::Endpoint, platform::Endpoint>> ends = platform::Endpoint::pair();
  if (!ends) return std::move(ends).error();
  // There is no ring here; what takes its place in the child is a second handle of the same stream.
  const platform::NativeHandle stream = ends->second.read_handle();
  Result<platform::Child> child = platform::Child::start("examine", verb_.target.path, std::move(ends->second), stream);
  if (!child) return std::move(child).error();
  worker_.emplace(std::move(*child));
  link_ = LineChannel(std::move(ends->first), json::kMaxEvent);
  Orders orders;
  orders.full = verb_.full;
  orders.approval = verb_.target.approval;
  orders.target.path = facts_.resolved;
  orders.target.device = device;
  orders.target.expected = facts_.identity;
  orders.target.expected_size = facts_.size;
  link_.send(to_line(orders));
  return {};
}

void Supervisor::stop() {
  if (asked_to_stop_) return;
  asked_to_stop_ = true;
  link_.send("{}");
}

void Supervisor::hear_front() {
  front_.receive();
  while (const std::optional<std::string> line = front_.next_line()) {
    const Result<Verb> verb = decode_verb(*line);
    if (verb && std::holds_alternative<CancelVerb>(verb->what)) {
      stop();
      continue;
    }
    json::Fields fields = event("error");
    add_error(fields, verb ? Error{Code::protocol, "a probe understands cancel only"} : verb.error());
    if (verb && !verb->request.empty()) fields.add("request", verb->request);
    front_.send(fields.str());
  }
  if (front_.closed()) stop();
}

void Supervisor::hear_worker() {
  link_.receive();
  while (const std::optional<std::string> line = link_.next_line()) {
    heard_ns_ = platform::now_ns();
    stall_told_ = 0;
    const Result<json::Value> said = json::parse(*line);
    const json::Value* what = said ? said->find("say") : nullptr;
    if (what == nullptr || what->string() == nullptr) continue;
    if (*what->string() == "report") {
      Result<Report> report = report_from(*said);
      report_ = report ? std::move(*report) : failed(report.error());
    } else if (*what->string() == "progress") {
      const json::Value *phase = said->find("phase"), *bytes = said->find("bytes"), *of = said->find("of");
      if (phase == nullptr || phase->string() == nullptr || bytes == nullptr || !bytes->whole() || of == nullptr || !of->whole()) continue;
      if (*phase->string() != phase_) meter_ = Meter();
      phase_ = *phase->string();
      meter_.note(*bytes->whole(), heard_ns_);
      front_.send(event("progress").add("phase", phase_).add("bytes", *bytes->whole()).add("of", *of->whole()).add("bytesPerSecond", meter_.rate()).str());
    }
  }
}

void Supervisor::watch_for_stall() {
  const double silent = static_cast<double>(platform::now_ns() - heard_ns_) * 1e-9;
  if (silent >= verb_.stall_timeout) {
    worker_->kill();
    report_ = failed(Error{Code::hung, "the device gave no answer for " + std::to_string(verb_.stall_timeout) + " seconds"});
    return;
  }
  for (const double step : kStallSteps) {
    if (silent < step || stall_told_ >= step) continue;
    stall_told_ = step;
    front_.send(event("stalled").add("seconds", step).str());
  }
}

void Supervisor::wait() {
  std::array<platform::PollItem, 4> items = {platform::PollItem{termination_, true, false}, link_.poll_item(), front_.poll_item(),
                                             platform::PollItem{front_.endpoint().write_handle(), false, front_.pending() > 0}};
  platform::poll(items, kTickMs);
  if (!items[0].can_read) return;
  std::array<std::byte, 16> drained;
  (void)platform::Endpoint::read_some(termination_, drained);
  stop();
}

void Supervisor::loop() {
  heard_ns_ = platform::now_ns();
  while (!report_) {
    wait();
    front_.flush();
    if (!front_.closed()) hear_front();
    hear_worker();
    if (report_) break;
    if (link_.closed()) {
      report_ = failed(Error{Code::consumer_died, "the process that examined the drive ended unexpectedly"});
      return;
    }
    watch_for_stall();
  }
  // A report is believed only of a process that ends as it should.
  const std::uint64_t until = platform::now_ns() + std::uint64_t{kEndMs} * 1'000'000U;
  std::optional<platform::ExitStatus> end;
  while (!(end = worker_->poll_exit()) && platform::now_ns() < until && !report_->error) platform::sleep_ms(5);
  if (!report_->error && (!end || end->signal != 0 || end->code != 0)) {
    report_ = failed(Error{Code::consumer_died, "the process that examined the drive did not end as it should"});
  }
}

void Supervisor::tell_end() {
  Report& r = *report_;
  const char* outcome = refused_ ? "refused" : r.error ? "failed" : r.cancelled ? "cancelled" : "complete";
  if (r.error || r.cancelled) r.verdict.reset();
  json::Fields fields = event("verdict");
  fields.add("ok", !r.error && !r.cancelled && r.verdict == Verdict::genuine).add("outcome", outcome).add("target", verb_.target.path);
  fields.add("full", verb_.full).add("announcedBytes", facts_.size);
  add_report(fields, r);
  front_.send(fields.str());
  front_.drain(kLastWordsMs);
}

int Supervisor::run(const ProbeVerb& verb) {
  verb_ = verb;
  front_.send(event("hello").add("version", kProtocolVersion).add("helper", kHelperVersion).add("pid", static_cast<std::uint64_t>(platform::own_pid())).str());
  if (Status status = start(); !status) {
    refused_ = true;
    report_ = failed(status.error(), Left::as_before);
    tell_end();
    return 1;
  }
  json::Fields begun = event("probe");
  begun.add("target", verb_.target.path).add("size", facts_.size).add("sectorSize", facts_.sector).add("full", verb_.full);
  begun.add("pid", static_cast<std::uint64_t>(worker_->pid()));
  front_.send(begun.str());
  loop();
  // What was refused at the moment of opening was refused too: nothing was touched.
  if (report_->error && report_->left == Left::as_before) {
    const CodeClass kind = class_of(report_->error->code);
    refused_ = kind == CodeClass::refused || kind == CodeClass::permission;
  }
  tell_end();
  return refused_ ? 1 : 0;
}

}  // namespace

int run_probe() {
  Result<platform::Handle> termination = platform::termination_requests();
  if (!termination) return 1;
  LineChannel front(platform::Endpoint::standard());
  std::optional<std::string> line;
  while (!(line = front.next_line()) && !front.closed()) {
    platform::PollItem item = front.poll_item();
    platform::poll({&item, 1}, -1);
    front.receive();
  }
  const Result<Verb> verb = decode_verb(line.value_or(""));
  const ProbeVerb* probe = verb ? std::get_if<ProbeVerb>(&verb->what) : nullptr;
  if (probe != nullptr) return Supervisor(front, termination->get()).run(*probe);
  json::Fields fields;
  fields.add("event", "error").add("t", 0.0);
  add_error(fields, verb ? Error{Code::protocol, "the first line must be probe"} : verb.error());
  front.send(fields.str());
  front.drain(kLastWordsMs);
  return 2;
}

}  // namespace carousel::probe
