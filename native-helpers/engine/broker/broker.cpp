#include "engine/broker/broker.hpp"

#include <cstdio>
#include <list>
#include <optional>
#include <span>

#include "base/json.hpp"
#include "engine/session/line_channel.hpp"
#include "engine/session/verbs.hpp"
#include "platform/clock.hpp"
#include "platform/inspect.hpp"
#include "platform/meeting.hpp"
#include "platform/process.hpp"

namespace carousel {
namespace {

/// Two secrets of 32 random bytes in hexadecimal: the first proves us to the core, the second the core to us.
constexpr std::size_t kSecret = 64;
/// The core has this long to prove itself once it has been reached; a person is not waited for any more by then.
constexpr int kProofMs = 10'000;
/// How often children are looked after while there are any: how they end is news for the core.
constexpr int kReapMs = 20;
constexpr std::size_t kMaxChildren = 256;

struct Served {
  std::string mark;
  platform::Child process;
};

/// Equal, in a time that tells nothing about where they differ.
bool same(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return false;
  unsigned differ = 0;
  for (std::size_t i = 0; i < a.size(); ++i) differ |= static_cast<unsigned>(a[i] ^ b[i]);
  return differ == 0;
}

const std::string* text(const json::Value& from, const char* key) {
  const json::Value* value = from.find(key);
  return value != nullptr ? value->string() : nullptr;
}

/// The words of a list; false if it is none, or holds anything else.
bool words(const json::Value& from, std::vector<std::string>& out) {
  if (from.array() == nullptr) return false;
  for (const json::Value& word : *from.array()) {
    if (word.string() == nullptr) return false;
    out.push_back(*word.string());
  }
  return true;
}

/// What the core may have started. Never a role of a job, which has no checks of its own, and never another broker.
bool may_start(const std::vector<std::string>& args) {
  if (args.empty() || args.size() > 257) return false;
  if (args[0] == "job" || args[0] == "probe") return args.size() == 1;
  if (args[0] == "identify") return args.size() == 2;
  return (args[0] == "survey" || args[0] == "check") && args.size() > 1;
}

class Broker {
 public:
  Broker(platform::Meeting meeting, LineChannel core) : meeting_(std::move(meeting)), core_(std::move(core)) {}

  bool proven() {
    core_.send(json::Fields().add("broker", kProtocolVersion).add("helper", kHelperVersion).add("proof", meeting_.secret().substr(0, kSecret)).str());
    const std::uint64_t until = platform::now_ns() + std::uint64_t{kProofMs} * 1'000'000U;
    while (!core_.closed() && platform::now_ns() < until) {
      platform::PollItem item = core_.poll_item();
      platform::poll({&item, 1}, 100);
      core_.receive();
      const std::optional<std::string> line = core_.next_line();
      if (!line) continue;
      const Result<json::Value> said = json::parse(*line);
      const std::string* proof = said ? text(*said, "proof") : nullptr;
      return proof != nullptr && same(*proof, meeting_.secret().substr(kSecret, kSecret));
    }
    return false;
  }

  void serve() {
    for (;;) {
      // First what came together with the proof.
      while (const std::optional<std::string> line = core_.next_line()) {
        if (!obey(*line)) return;
      }
      reap();
      core_.flush();
      if (core_.closed()) return;
      platform::PollItem item = core_.poll_item();
      platform::poll({&item, 1}, children_.empty() ? -1 : kReapMs);
      core_.receive();
    }
  }

 private:
  /// False for anything that our own core would not say.
  bool obey(const std::string& line) {
    const Result<json::Value> said = json::parse(line);
    const std::string* mark = said ? text(*said, "launch") : nullptr;
    const json::Value* list = said ? said->find("args") : nullptr;
    const json::Value* guarded = said ? said->find("protected") : nullptr;
    if (mark == nullptr || mark->size() != kSecret || list == nullptr || said->object()->size() != (guarded == nullptr ? 2U : 3U)) return false;
    std::vector<std::string> args, drives;
    if (!words(*list, args) || (guarded != nullptr && !words(*guarded, drives))) return false;
    if (guarded != nullptr) {
      if (Status status = platform::protect_also(drives); !status) return tell(*mark, status.error().what);
    }
    if (!may_start(args) || children_.size() >= kMaxChildren) return tell(*mark, "refused");
    Result<platform::Endpoint> stream = meeting_.connect();
    if (!stream) return tell(*mark, stream.error().what);
    const std::string introduction = json::Fields().add("launch", *mark).str() + "\n";
    // A new connection takes so few bytes at once, or it is broken.
    if (stream->write(std::as_bytes(std::span(introduction))).bytes != introduction.size()) return tell(*mark, "the connection broke");
    Result<platform::Child> child = platform::Child::serve(args, std::move(*stream));
    if (!child) return tell(*mark, child.error().what);
    children_.push_back({*mark, std::move(*child)});
    return true;
  }

  bool tell(const std::string& mark, const std::string& problem) {
    core_.send(json::Fields().add("ended", mark).add("problem", problem).str());
    return true;
  }

  void reap() {
    children_.remove_if([this](Served& child) {
      const std::optional<platform::ExitStatus> end = child.process.poll_exit();
      if (end) core_.send(json::Fields().add("ended", child.mark).add("code", end->code).add("signal", end->signal).str());
      return end.has_value();
    });
  }

  platform::Meeting meeting_;
  LineChannel core_;
  std::list<Served> children_;
};

}  // namespace

int run_broker(const std::string& folder) {
  platform::ignore_interrupts();  // Ctrl-C in the terminal is for the core; what it started may go on
  Result<platform::Meeting> meeting = platform::Meeting::come(folder, 2 * kSecret);
  Result<platform::Endpoint> core = meeting ? meeting->connect() : Result<platform::Endpoint>(meeting.error());
  if (!core) {
    std::fprintf(stderr, "%s\n", core.error().what.c_str());
    return kBrokerFailed;
  }
  Broker broker(std::move(*meeting), LineChannel(std::move(*core)));
  if (!broker.proven()) {
    std::fputs("the program that asked did not prove itself\n", stderr);
    return kBrokerFailed;
  }
  broker.serve();
  return 0;
}

}  // namespace carousel
