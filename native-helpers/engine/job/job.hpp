// The supervisor of one job: starts the producer and one consumer for each target, tells front ends what happens, takes away the seats of
// the hung and the dead, and cleans up. Owned by the `carousel-helper job` process; one thread, one loop.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/range.hpp"
#include "engine/job/client.hpp"
#include "engine/job/rider.hpp"
#include "engine/manifest/reader.hpp"
#include "engine/ring/ring.hpp"
#include "engine/ring/seats.hpp"
#include "engine/session/verbs.hpp"
#include "platform/inspect.hpp"

namespace carousel {

/// A manifest that a front end asked for; it may be gone by the time it is written.
struct ManifestWish {
  std::uint64_t client = 0;
  std::string path;
  bool settled = false;        ///< written, or not possible
  std::optional<Error> error;  ///< why there is none
};

/// The process that hands blocks out for other machines (engine/feed/feeder). It is no target: nobody is told of it, and the job waits for its end.
struct Tap {
  std::uint32_t seat = 0;
  platform::Child process;
  LineChannel link;
  Stopwatch still;  ///< how long it has moved nothing although it had something to move
  std::uint64_t last_activity = 0;
};

/// How the whole job ended.
enum class Outcome { complete, cancelled, source_failed };

class Job {
 public:
  /// `front` is the starter's stream, `termination` is readable when somebody asked the process to end.
  Job(StartVerb start, platform::PathFacts source, platform::Rendezvous listener, LineChannel front, platform::NativeHandle termination);
  /// The same for a job that verifies: `source` says what the manifest says, or is where bad blocks are healed from; `key` is its own name.
  Job(StartVerb start, platform::PathFacts source, manifest::Reader reference, std::string key, platform::Rendezvous listener, LineChannel front,
      platform::NativeHandle termination);

  /// The same for a station, whose source is another machine's.
  Job(StartVerb start, platform::PathFacts source, std::string key, platform::Rendezvous listener, LineChannel front, platform::NativeHandle termination);

  /// Runs the job to its end; the exit code of the process.
  int run();

 private:
  // job.cpp: life
  Status set_up();
  void loop();
  void wait_for_something();
  void wait_for_ends();
  static void await_end(const platform::Child& process, std::vector<platform::PollItem>& items, int& timeout);
  bool over(std::uint64_t now);
  void wind_up();
  void fail_source(Error error);
  [[nodiscard]] bool source_in_doubt() const;
  void cancel(std::uint64_t client_or_all);
  void producer_news();
  void hear_producer();
  [[nodiscard]] bool producers_turn() const;
  void watch_source_for_stall(double seconds_passed);
  void set_unready_aside(std::uint64_t now);

  // clients.cpp: front ends and their verbs
  void accept_clients();
  void hear(Client& client);
  void obey(Client& client, const Verb& verb);
  void wishes_of(Client& client, const JobOptions& options);
  void adopt(Client& client, ClientKind kind);
  void refuse(Client& client, const std::string& request, const Error& error);
  void dismiss_finished_joiners();
  void drop_gone_clients();

  // riders.cpp: targets
  void add_target(const TargetAsk& asked, const Client& owner, bool compare = false);
  Status start_consumer(Rider& rider, const platform::PathFacts& facts, const std::string& approval);
  void watch_rider(Rider& rider, double seconds_passed);
  void rider_news(Rider& rider);
  void watch_for_stall(Rider& rider, double seconds_passed);
  void end_rider(Rider& rider, State state, std::optional<Error> error);
  void reap(Rider& rider);
  Rider* find_rider(std::uint64_t id);
  [[nodiscard]] bool any_riding() const;

  // tap.cpp: what leaves for other machines, and what comes from one
  void note_handed_out(const std::string& by);
  std::string handed_out_line(const std::string& by) const;
  Status start_tap(const std::string& path);
  void watch_tap(double seconds_passed);
  void stop_tap();
  Status load_digests(const std::string& path);
  Status start_producer();

  // reference.cpp: digests that are known before anything is read
  Status load_reference();
  [[nodiscard]] bool knows_all_digests() const;
  [[nodiscard]] bool any_good() const;
  [[nodiscard]] bool only_checks() const { return reference_.has_value(); }
  void load_maps(const std::vector<TargetAsk>& targets);
  void find_map(Rider& rider, const platform::PathFacts& facts, const Client& owner);
  [[nodiscard]] std::vector<std::uint64_t> sample_of_known() const;

  // keeping.cpp: the manifest
  void write_manifest(ManifestWish& wish);
  ManifestWish* wish_of(const Client& client);

  // events.cpp: what front ends are told
  [[nodiscard]] json::Fields event(const char* name) const;
  [[nodiscard]] json::Fields about(const char* name, const Rider& rider) const;
  void tell(const std::string& line);
  void tell_droppable(const std::string& line);
  void tell_job(Client& client);
  void tell_target(const Rider& rider);
  void tell_progress(std::uint64_t now);
  void tell_rider_progress(Rider& rider);
  void tell_pace(std::uint64_t now);
  void tell_summary(Client& client);
  [[nodiscard]] std::string summary_for(const Client& client);
  void keep_result();
  [[nodiscard]] std::string target_line(const Rider& rider, const Client& client) const;
  [[nodiscard]] std::string joined_line(const Rider& rider) const;
  [[nodiscard]] std::string result_of(const Rider& rider) const;
  void add_findings(json::Fields& to, const Rider& rider) const;
  [[nodiscard]] const char* task() const;
  [[nodiscard]] std::string source_result() const;
  [[nodiscard]] std::string coverage(const Rider& rider) const;
  [[nodiscard]] std::string digests_line(const DigestsVerb& verb, const std::string& request) const;
  [[nodiscard]] std::optional<std::string> root_digest() const;
  [[nodiscard]] double seconds_since_start(std::uint64_t now) const;
  [[nodiscard]] std::uint64_t laps() const;

  JobOptions options_;
  std::vector<TargetAsk> first_targets_;
  std::optional<FeedAsk> feed_;  ///< where blocks come from, if not from a source of this machine
  platform::PathFacts source_;
  std::string key_;
  platform::Rendezvous listener_;
  platform::NativeHandle termination_;

  std::optional<ring::Ring> ring_;
  std::optional<ring::Seats> seats_;
  std::optional<platform::Child> producer_;
  LineChannel producer_link_;
  std::optional<std::int64_t> producer_pid_;
  bool source_mounted_writable_ = false;
  Stopwatch source_still_;
  std::uint64_t last_source_activity_ = 0;
  std::uint64_t first_joined_ns_ = 0;

  std::list<Client> clients_;
  std::list<Rider> riders_;
  std::optional<Tap> tap_;
  std::vector<std::string> handed_out_by_;  ///< marks of those who have asked for a tap, each once
  std::list<ManifestWish> manifests_;  ///< the starter's first
  std::uint64_t next_client_ = 1, next_rider_ = 1;

  Outcome outcome_ = Outcome::complete;
  bool winding_up_ = false;  ///< all is over but the processes' own ends
  std::optional<Error> source_error_;
  std::vector<Range> again_;       ///< blocks, not bytes: to be held against what earlier jobs have left, before anything else
  bool doubts_ = false;            ///< some of these may hold something else by now
  bool producer_ready_ = false;    ///< it has found what was known beforehand to be true
  std::vector<Range> unreadable_;  ///< in order, apart from each other
  std::optional<manifest::Reader> reference_;
  std::optional<std::string> sha256_;  ///< of the whole source, once the producer has said it
  std::uint64_t begun_ns_ = 0, looked_ns_ = 0, told_progress_ns_ = 0, told_pace_ns_ = 0, idle_since_ns_ = 0;
  std::uint64_t last_lap_ = 1;
  Meter read_meter_;
  std::uint64_t paced_reading_ns_ = 0;
  std::string told_pace_, told_head_;
};

}  // namespace carousel
