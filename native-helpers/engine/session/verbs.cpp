#include "engine/session/verbs.hpp"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <utility>

#include "base/bytes.hpp"
#include "base/json.hpp"
#include "engine/ring/layout.hpp"

namespace carousel {
namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxRequest = 64;
/// Of an approval and of an identity.
constexpr std::size_t kMaxToken = 128;
constexpr std::uint64_t kMaxDigests = 1024;
/// Of a job among stations, and of a mark.
constexpr std::size_t kMaxName = 32;

bool is_plain(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  return plain && !name.empty() && name.size() <= kMaxName;
}

/// Takes known fields out of an object one by one; what is left over at the end was unknown.
class Reader {
 public:
  explicit Reader(const json::Object& from) : from_(from) {}

  const json::Value* take(const char* key) {
    const auto it = from_.find(key);
    if (it == from_.end()) return nullptr;
    seen_.insert(key);
    return &it->second;
  }
  void fail(std::string what, Code code = Code::protocol) {
    if (!error_) error_ = Error{code, std::move(what)};
  }
  std::uint64_t whole(const char* key, std::uint64_t otherwise, std::uint64_t low, std::uint64_t high) {
    const json::Value* v = take(key);
    if (v == nullptr) return otherwise;
    const std::optional<std::uint64_t> n = v->whole();
    if (!n || *n < low || *n > high) {
      fail(std::string(key) + " must be a whole number from " + std::to_string(low) + " to " + std::to_string(high), Code::bad_option);
      return otherwise;
    }
    return *n;
  }
  std::uint64_t required(const char* key, std::uint64_t low, std::uint64_t high) {
    if (!from_.contains(key)) fail(std::string(key) + " is missing");
    return whole(key, low, low, high);
  }
  bool choice(const char* key, const char* no, const char* yes, bool otherwise) {
    const json::Value* v = take(key);
    if (v == nullptr) return otherwise;
    if (v->string() != nullptr && *v->string() == yes) return true;
    if (v->string() == nullptr || *v->string() != no) fail(std::string(key) + " must be " + no + " or " + yes, Code::bad_option);
    return false;
  }
  bool flag(const char* key, bool otherwise) {
    const json::Value* v = take(key);
    if (v == nullptr) return otherwise;
    if (v->boolean() == nullptr) fail(std::string(key) + " must be true or false", Code::bad_option);
    return v->boolean() != nullptr && *v->boolean();
  }
  std::string absolute(const std::string& text) {
    if (text.empty() || text.front() != '/' || text.size() > kMaxPath) fail("a path must be absolute and at most 4096 bytes long");
    return text;
  }
  /// What an object with a path, and perhaps tokens under these keys, says; nothing else may be in it.
  std::optional<TargetAsk> place(const json::Value* of, const char* what, std::initializer_list<std::pair<const char*, std::string TargetAsk::*>> tokens) {
    const json::Value* at = of == nullptr ? nullptr : of->find("path");
    if (at == nullptr || at->string() == nullptr) {
      fail(std::string(what) + " must be an object with a path");
      return std::nullopt;
    }
    TargetAsk ask;
    std::size_t known = 1;
    for (const auto& [key, field] : tokens) {
      const json::Value* token = of->find(key);
      if (token == nullptr) continue;
      ++known;
      if (token->string() == nullptr || token->string()->size() > kMaxToken) fail(std::string(key) + " must be a string of at most 128 characters");
      else ask.*field = *token->string();
    }
    if (of->object()->size() != known) fail(std::string(what) + " has an unknown field");
    ask.path = absolute(*at->string());
    return ask;
  }
  void source(const json::Value* of, StartVerb& start) {
    if (std::optional<TargetAsk> ask = place(of, "a source", {{"identity", &TargetAsk::identity}})) {
      start.source = std::move(ask->path), start.source_identity = std::move(ask->identity);
    }
  }
  /// `{feed, job, size, digests?}`; nothing if it is none.
  std::optional<FeedAsk> feed(const json::Value* of) {
    if (of == nullptr || of->find("feed") == nullptr) return std::nullopt;
    Reader r(*of->object());
    FeedAsk ask;
    ask.path = r.optional_path("feed");
    ask.digests = r.optional_path("digests");
    ask.size = r.required("size", 1, std::uint64_t{1} << 53);
    const json::Value* job = r.take("job");
    if (job != nullptr && job->string() != nullptr) ask.job = *job->string();
    if (!is_plain(ask.job)) r.fail("job must be 1 to 32 small letters and digits");
    if (std::optional<Error> error = r.finish()) fail(error->what, error->code);
    return ask;
  }
  std::string optional_path(const char* key) {
    const json::Value* v = take(key);
    if (v == nullptr) return {};
    if (v->string() == nullptr) {
      fail(std::string(key) + " must be a path");
      return {};
    }
    return absolute(*v->string());
  }
  /// Small letters and digits; empty where there is none.
  std::string mark(const char* key) {
    const json::Value* v = take(key);
    if (v == nullptr) return {};
    const std::string* text = v->string();
    const bool plain = text != nullptr && is_plain(*text);
    if (!plain) fail(std::string(key) + " must be 1 to 32 small letters and digits");
    return plain ? *text : std::string();
  }
  TargetAsk target(const json::Value& of) {
    return place(&of, "a target", {{"approval", &TargetAsk::approval}, {"identity", &TargetAsk::identity}}).value_or(TargetAsk());
  }
  std::vector<TargetAsk> targets() {
    std::vector<TargetAsk> asked;
    const json::Value* v = take("targets");
    if (v == nullptr || v->array() == nullptr || v->array()->size() > ring::kMaxConsumers) {
      fail("targets must be a list of at most 64");
      return asked;
    }
    for (const json::Value& one : *v->array()) asked.push_back(target(one));
    return asked;
  }
  std::optional<Error> finish() {
    for (const auto& [key, value] : from_) {
      if (!seen_.contains(key)) fail("unknown field " + key.substr(0, 40));
    }
    return error_;
  }

 private:
  const json::Object& from_;
  std::set<std::string, std::less<>> seen_;
  std::optional<Error> error_;
};

std::vector<Range> skip_ranges(Reader& outer) {
  std::vector<Range> ranges;
  const json::Value* list = outer.take("skipRanges");
  if (list == nullptr) return ranges;
  const auto refuse = [&] {
    outer.fail("skipRanges must be at most 1000 ranges {offset, length} in order and apart from each other", Code::bad_option);
    return std::vector<Range>();
  };
  if (list->array() == nullptr || list->array()->size() > kMaxSkips) return refuse();
  std::uint64_t end = 0;
  for (const json::Value& item : *list->array()) {
    const json::Value *offset = item.find("offset"), *length = item.find("length");
    if (offset == nullptr || length == nullptr || item.object()->size() != 2 || !offset->whole() || !length->whole()) return refuse();
    const Range range{*offset->whole(), *length->whole()};
    if (range.length == 0 || (!ranges.empty() && range.offset < end)) return refuse();
    end = range.offset + range.length;
    ranges.push_back(range);
  }
  return ranges;
}

/// What copying and verifying have in common.
void common_options(Reader& r, JobOptions& o) {
  o.stall_timeout = static_cast<std::uint32_t>(r.whole("stallTimeout", o.stall_timeout, 1, 3600));
  o.slots = static_cast<std::uint32_t>(r.whole("slots", o.slots, ring::kMinSlots, ring::kMaxSlots));
  o.result_file = r.optional_path("resultFile");
  o.heal = r.flag("heal", o.heal);
}

JobOptions verify_options(Reader& outer) {
  JobOptions o;
  o.verify = true;
  const json::Value* v = outer.take("options");
  if (v == nullptr) return o;
  if (v->object() == nullptr) {
    outer.fail("options must be an object");
    return o;
  }
  Reader r(*v->object());
  common_options(r, o);
  o.sample = r.flag("sample", o.sample);
  if (o.heal && o.sample) r.fail("heal needs every block to be looked at, not a sample", Code::bad_option);
  if (std::optional<Error> error = r.finish()) outer.fail(error->what, error->code);
  return o;
}

JobOptions options(Reader& outer) {
  JobOptions o;
  const json::Value* v = outer.take("options");
  if (v == nullptr) return o;
  if (v->object() == nullptr) {
    outer.fail("options must be an object");
    return o;
  }
  Reader r(*v->object());
  common_options(r, o);
  o.block = r.whole("block", o.block, ring::kMinBlock, ring::kMaxBlock);
  if (!is_power_of_two(o.block)) r.fail("block must be a power of two", Code::bad_option);
  o.catch_up = r.choice("slow", "together", "catch-up", o.catch_up);
  o.stop_on_read_error = r.choice("onReadError", "skip", "stop", o.stop_on_read_error);
  o.wait_for_join = static_cast<std::uint32_t>(r.whole("waitForJoin", o.wait_for_join, 0, 86400));
  o.manifest = r.optional_path("manifest");
  o.resume = r.optional_path("resume");
  o.take_up = r.flag("takeUp", o.take_up);
  if (o.take_up && o.resume.empty()) r.fail("takeUp needs resume", Code::bad_option);
  o.limit = r.whole("limit", o.limit, 0, std::uint64_t{1} << 40);
  o.skip = skip_ranges(r);
  o.verify = r.flag("verify", o.verify);
  if (o.heal && !o.verify) r.fail("heal needs verify", Code::bad_option);
  if (std::optional<Error> error = r.finish()) outer.fail(error->what, error->code);
  return o;
}

ProbeVerb probe(Reader& outer) {
  ProbeVerb probe;
  if (outer.whole("version", 0, 0, std::uint64_t{1} << 52) != kProtocolVersion) outer.fail("this helper speaks version 1", Code::version_mismatch);
  if (const json::Value* target = outer.take("target")) {
    probe.target = outer.target(*target);
  } else {
    outer.fail("target is missing");
  }
  const json::Value* v = outer.take("options");
  if (v == nullptr) return probe;
  if (v->object() == nullptr) {
    outer.fail("options must be an object");
    return probe;
  }
  Reader r(*v->object());
  probe.full = r.flag("full", probe.full);
  probe.stall_timeout = static_cast<std::uint32_t>(r.whole("stallTimeout", probe.stall_timeout, 1, 3600));
  if (std::optional<Error> error = r.finish()) outer.fail(error->what, error->code);
  return probe;
}

}  // namespace

Result<Verb> decode_verb(std::string_view line) {
  Result<json::Value> parsed = json::parse(line);
  if (!parsed) return std::move(parsed).error();
  if (parsed->object() == nullptr) return Error{Code::protocol, "a message must be an object"};
  Reader r(*parsed->object());
  Verb verb;
  if (const json::Value* request = r.take("request")) {
    if (request->string() == nullptr || request->string()->size() > kMaxRequest) {
      r.fail("request must be a string of at most 64 characters");
    } else {
      verb.request = *request->string();
    }
  }
  const json::Value* name = r.take("verb");
  const std::string word = name != nullptr && name->string() != nullptr ? *name->string() : std::string();
  constexpr std::uint64_t kMaxId = std::uint64_t{1} << 52;
  if (word == "start") {
    if (r.whole("version", 0, 0, kMaxId) != kProtocolVersion) r.fail("this helper speaks version 1", Code::version_mismatch);
    StartVerb start;
    const json::Value* source = r.take("source");
    start.feed = r.feed(source);
    if (!start.feed) r.source(source, start);
    start.targets = r.targets();
    start.options = options(r);
    verb.what = std::move(start);
  } else if (word == "verify") {
    if (r.whole("version", 0, 0, kMaxId) != kProtocolVersion) r.fail("this helper speaks version 1", Code::version_mismatch);
    StartVerb start;
    start.reference = r.optional_path("manifest");
    if (parsed->find("manifest") == nullptr) r.fail("manifest is missing");
    const json::Value* source = r.take("source");
    if (source != nullptr) r.source(source, start);
    start.targets = r.targets();
    start.options = verify_options(r);
    if (start.options.heal == start.source.empty()) r.fail("healing, and only healing, needs a source", Code::bad_option);
    verb.what = std::move(start);
  } else if (word == "attach") {
    verb.what = AttachVerb{};
  } else if (word == "add") {
    AddVerb add;
    add.targets = r.targets();
    add.take_up = r.flag("takeUp", add.take_up);
    add.compare = r.flag("compare", add.compare);
    if (add.take_up && add.compare) r.fail("what is only compared does not go on with anything", Code::bad_option);
    verb.what = std::move(add);
  } else if (word == "remove") {
    verb.what = RemoveVerb{r.required("id", 1, kMaxId)};
  } else if (word == "slow") {
    SlowVerb slow;
    if (parsed->find("policy") == nullptr) r.fail("policy is missing");
    slow.catch_up = r.choice("policy", "together", "catch-up", false);
    if (const std::uint64_t id = r.whole("id", 0, 1, kMaxId); id != 0) slow.id = id;
    verb.what = slow;
  } else if (word == "cancel") {
    verb.what = CancelVerb{};
  } else if (word == "tap") {
    verb.what = TapVerb{r.optional_path("path"), r.mark("by")};
    if (parsed->find("path") == nullptr) r.fail("path is missing");
  } else if (word == "probe") {
    verb.what = probe(r);
  } else if (word == "digests") {
    DigestsVerb digests;
    digests.from = r.required("from", 0, kMaxId);
    digests.count = r.whole("count", kMaxDigests, 1, kMaxDigests);
    verb.what = digests;
  } else {
    return Error{Code::protocol, "unknown verb"};
  }
  if (std::optional<Error> error = r.finish()) return std::move(*error);
  return verb;
}

}  // namespace carousel
