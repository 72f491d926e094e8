// The verbs a client may say (docs/helper-protocol.md), decoded strictly: unknown verbs and fields are refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/range.hpp"
#include "base/result.hpp"

namespace carousel {

inline constexpr std::uint64_t kProtocolVersion = 1;
/// Most ranges that `skipRanges` may name.
inline constexpr std::size_t kMaxSkips = 1000;
inline constexpr std::string_view kHelperVersion = "0.1.0";

/// What a job is to be like. Bytes and seconds; ranges in docs/helper-protocol.md.
struct JobOptions {
  std::uint64_t block = 1048576;
  std::uint32_t slots = 64;
  bool catch_up = false;
  bool stop_on_read_error = false;
  std::uint32_t wait_for_join = 0;
  std::uint32_t stall_timeout = 60;
  std::uint64_t limit = 0;  ///< bytes a second that are read of the source at most; 0: as fast as it goes
  std::vector<Range> skip;  ///< of the source, known to be unreadable: not touched; in order, apart from each other
  bool verify = false;
  bool heal = false;
  std::string manifest;     ///< where the manifest goes; empty: nowhere
  std::string resume;       ///< the folder of the maps of copies that are not whole yet; empty: none are kept
  bool take_up = false;     ///< go on where those maps say that a copy was left
  bool sample = false;      ///< when verifying: look at a few blocks only
  std::string result_file;  ///< where the summary is kept for a front end that is gone by then; empty: nowhere
};

/// A target as it was asked for.
struct TargetAsk {
  std::string path;
  std::string approval;    ///< engine/safety/approval.hpp; empty: none given
  std::string identity{};  ///< which drive was meant (the same file); empty: whatever is there
};

/// What a station copies: another machine's source, whose blocks come through a local process (docs/helper-protocol.md, "The feed").
struct FeedAsk {
  std::string path;         ///< the local socket of that process
  std::string job;          ///< the first node's name for its job
  std::uint64_t size = 0;   ///< of the source, bytes
  std::string digests;      ///< a file with what the first node knows of the blocks already; empty: none
};

/// `start`, and `verify` which is a job too: its targets are compared with what `reference`, a manifest, says. Then `source` may be empty.
struct StartVerb {
  std::string source;
  std::string source_identity{};  ///< which drive was meant; empty: whatever is there
  std::vector<TargetAsk> targets;
  JobOptions options;
  std::string reference{};  ///< empty: a copy
  std::optional<FeedAsk> feed{};  ///< instead of a source
};
struct AttachVerb {};
struct AddVerb {
  std::vector<TargetAsk> targets;
  bool take_up = false;  ///< go on where the maps of unfinished copies say that one to these targets was left
  bool compare = false;  ///< they hold the copy already: they are only read back and compared
};
struct RemoveVerb {
  std::uint64_t id = 0;
};
struct SlowVerb {
  bool catch_up = false;
  std::optional<std::uint64_t> id;
};
struct CancelVerb {};
/// Hands blocks to the process that listens at `path` and sends them to other machines.
struct TapVerb {
  std::string path;
  std::string by;  ///< a mark of who hands out; empty: unknown
};
struct DigestsVerb {
  std::uint64_t from = 0, count = 0;
};

/// The first line to `carousel-helper probe` (docs/probe.md).
struct ProbeVerb {
  TargetAsk target;
  bool full = false;
  std::uint32_t stall_timeout = 60;
};

struct Verb {
  std::string request;  ///< returned with the answer; empty: none given
  std::variant<StartVerb, AttachVerb, AddVerb, RemoveVerb, SlowVerb, CancelVerb, DigestsVerb, ProbeVerb, TapVerb> what;
};

/// Decodes one line. Code::protocol, version_mismatch or bad_option, with words that name the field.
Result<Verb> decode_verb(std::string_view line);

}  // namespace carousel
