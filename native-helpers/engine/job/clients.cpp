// Front ends: who is connected, what they may say, and what it does.
#include "engine/job/job.hpp"

namespace carousel {
namespace {
/// Front ends at the same time; more are turned away.
constexpr std::size_t kMaxClients = 256;
}  // namespace

void Job::accept_clients() {
  platform::Endpoint peer = listener_.accept();
  if (!peer.valid() || clients_.size() >= kMaxClients) return;
  Client& client = clients_.emplace_back();
  client.id = next_client_++;
  client.link = LineChannel(std::move(peer));
}

void Job::refuse(Client& client, const std::string& request, const Error& error) {
  json::Fields fields = event("error");
  fields.add("code", to_text(error.code)).add("message", error.what);
  if (!request.empty()) fields.add("request", request);
  client.link.send(fields.str());
}

void Job::hear(Client& client) {
  if (client.link.closed()) return;
  client.link.receive();
  while (const std::optional<std::string> line = client.link.next_line()) {
    Result<Verb> verb = decode_verb(*line);
    if (verb) {
      obey(client, *verb);
      continue;
    }
    refuse(client, "", verb.error());
    if (verb.error().code == Code::protocol) {
      client.link.drain(100);
      client.gone = client.kind != ClientKind::starter;
      if (client.gone) client.link.close();
      return;
    }
  }
  if (client.link.too_long()) refuse(client, "", {Code::protocol, "the line is longer than 65536 bytes"});
}

void Job::wishes_of(Client& client, const JobOptions& options) {
  client.verify = options.verify, client.heal = options.heal;
  client.resume = options.resume, client.take_up = options.take_up;
  if (!options.manifest.empty()) manifests_.push_back({client.id, options.manifest, false, std::nullopt});
}

void Job::adopt(Client& client, ClientKind kind) {
  client.kind = kind;
  client.link.send(event("hello").add("version", kProtocolVersion).add("helper", kHelperVersion).add("pid", static_cast<std::uint64_t>(platform::own_pid())).str());
  tell_job(client);
}

void Job::obey(Client& client, const Verb& verb) {
  if (const auto* start = std::get_if<StartVerb>(&verb.what)) {
    if (client.kind != ClientKind::fresh) return refuse(client, verb.request, {Code::protocol, "the job has been started already"});
    if (!start->reference.empty() || only_checks()) return refuse(client, verb.request, {Code::protocol, "nobody joins a job that verifies"});
    wishes_of(client, start->options);
    adopt(client, ClientKind::joiner);
    for (const TargetAsk& asked : start->targets) add_target(asked, client);
    return;
  }
  if (std::holds_alternative<AttachVerb>(verb.what)) {
    if (client.kind != ClientKind::fresh) return refuse(client, verb.request, {Code::protocol, "attached already"});
    client.verify = options_.verify, client.heal = options_.heal;
    return adopt(client, ClientKind::observer);
  }
  if (client.kind == ClientKind::fresh) return refuse(client, verb.request, {Code::protocol, "the first verb must be start or attach"});
  if (const auto* add = std::get_if<AddVerb>(&verb.what)) {
    client.take_up = add->take_up && !client.resume.empty();
    for (const TargetAsk& asked : add->targets) add_target(asked, client, add->compare);
  } else if (const auto* remove = std::get_if<RemoveVerb>(&verb.what)) {
    Rider* rider = find_rider(remove->id);
    if (rider == nullptr) return refuse(client, verb.request, {Code::no_such_target, "no such target"});
    if (!is_final(rider->state) && rider->seat) seats_->ask_to_leave(*rider->seat);
  } else if (const auto* slow = std::get_if<SlowVerb>(&verb.what)) {
    if (slow->id && find_rider(*slow->id) == nullptr) return refuse(client, verb.request, {Code::no_such_target, "no such target"});
    if (!slow->id) options_.catch_up = slow->catch_up;
    for (const Rider& rider : riders_) {
      if (rider.seat && (!slow->id || *slow->id == rider.id)) seats_->allow_step_aside(*rider.seat, slow->catch_up);
    }
    json::Fields policy = event("policy");
    policy.add("slow", slow->catch_up ? "catch-up" : "together");
    if (slow->id) policy.add("id", *slow->id);
    tell(policy.str());
  } else if (std::holds_alternative<CancelVerb>(verb.what)) {
    cancel(client.kind == ClientKind::joiner ? client.id : 0);
  } else if (const auto* digests = std::get_if<DigestsVerb>(&verb.what)) {
    if (!ring_) return refuse(client, verb.request, {Code::internal, "there is no ring"});
    client.link.send(digests_line(*digests, verb.request));
  } else if (const auto* tap = std::get_if<TapVerb>(&verb.what)) {
    note_handed_out(tap->by);
    if (Status status = start_tap(tap->path); !status) return refuse(client, verb.request, status.error());
  } else if (std::holds_alternative<ProbeVerb>(verb.what)) {
    refuse(client, verb.request, {Code::protocol, "a probe is not part of a job"});
  }
}

/// A later starter is told how its own targets ended as soon as the last of them has; the job may go on without it.
void Job::dismiss_finished_joiners() {
  for (Client& client : clients_) {
    if (client.kind != ClientKind::joiner || client.told_summary) continue;
    bool riding = false;
    for (const Rider& rider : riders_) riding = riding || (rider.owner == client.id && !is_final(rider.state));
    if (!riding) tell_summary(client);
  }
}

void Job::drop_gone_clients() {
  for (Client& client : clients_) {
    const bool finished_joiner = client.kind == ClientKind::joiner && client.told_summary && client.link.pending() == 0;
    // A starter that has closed its input may still read: "end of input" is no word about the job.
    const bool closed = client.link.closed() && (client.kind != ClientKind::starter || !client.link.can_send());
    if (finished_joiner || closed) client.gone = true;
  }
  clients_.remove_if([](const Client& client) { return client.gone; });
}

}  // namespace carousel
