#include "engine/identify/identify.hpp"

#include <algorithm>
#include <cstdint>

#include "base/bytes.hpp"
#include "engine/safety/rules.hpp"
#include "engine/session/line_channel.hpp"
#include "engine/session/worker_link.hpp"
#include "platform/block_file.hpp"
#include "platform/clock.hpp"
#include "platform/inspect.hpp"
#include "platform/process.hpp"
#include "platform/rights.hpp"

namespace carousel {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000U;
/// Long enough to be found among many, short enough to wait for.
constexpr std::uint64_t kBlinkNs = 6 * kSecondNs;
/// On for so long, off for as long: a rhythm that nothing else has.
constexpr std::uint64_t kBurstNs = kSecondNs / 4;
constexpr int kDarkMs = 250, kBetweenReadsMs = 8;
/// About 4 MB/s while it is on: a light needs no more, and what shares a hub with the drive is not slowed down.
constexpr std::size_t kPiece = 32 * KiB;
constexpr int kLastWordsMs = 2'000;

class Blinker {
 public:
  Blinker(platform::BlockFile drive, LineChannel& front, platform::NativeHandle termination)
      : drive_(std::move(drive)), front_(front), termination_(termination), piece_(kPiece) {}

  /// The drive is gone: an error. Places that cannot be read are no reason to stop: its light blinks all the same.
  Status blink() {
    const std::uint64_t until = platform::now_ns() + kBlinkNs;
    while (platform::now_ns() < until) {
      const std::uint64_t dark_at = platform::now_ns() + kBurstNs;
      while (platform::now_ns() < dark_at) {
        if (Status status = read_on(); !status) return status;
        if (stopped(kBetweenReadsMs)) return {};
      }
      if (stopped(kDarkMs)) return {};
    }
    return {};
  }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool was_stopped() const { return stopped_; }

 private:
  Status read_on() {
    const std::uint64_t whole = drive_.geometry().size / kPiece * kPiece;
    if (whole == 0) return Error{Code::not_found, "no medium in it"};
    const Result<std::size_t> got = drive_.read(at_, piece_.span());
    at_ = (at_ + kPiece) % whole;
    if (got) {
      bytes_ += *got;
      return {};
    }
    return got.error().code == Code::device_gone || !drive_.present() ? Status(Error{Code::device_gone, "the drive was pulled out"}) : Status();
  }

  bool stopped(int wait_ms) {
    platform::PollItem items[] = {front_.poll_item(), {termination_, true, false}};
    platform::poll(items, wait_ms);
    front_.receive();
    stopped_ = stopped_ || front_.closed() || front_.next_line().has_value() || items[1].can_read;
    return stopped_;
  }

  platform::BlockFile drive_;
  LineChannel& front_;
  platform::NativeHandle termination_;
  AlignedBuffer piece_;
  std::uint64_t at_ = 0, bytes_ = 0;
  bool stopped_ = false;
};

/// A whole drive that nothing holds exclusively: neither a job nor a test of its capacity. It is not held either, so that a job may begin.
Result<platform::BlockFile> open_free(const std::string& path) {
  const platform::PathFacts facts = platform::inspect(path);
  if (facts.kind == platform::PathKind::missing) return Error{Code::not_found, "there is nothing at this path"};
  if (facts.kind != platform::PathKind::device) return Error{Code::not_a_drive, path + " is no block device"};
  if (facts.partition) return Error{Code::partition, path + " is a partition, not a whole disk"};
  if (facts.size == 0) return Error{Code::not_found, "no medium in it"};
  if (const safety::Reasons reasons = safety::against_source(facts); !reasons.empty()) return reasons.front();
  if (const Result<platform::BlockFile> alone = platform::BlockFile::open_source(facts.resolved); !alone) return alone.error();
  return platform::BlockFile::open_to_look(facts.resolved);
}

}  // namespace

int run_identify(const std::string& path) {
  Result<platform::Handle> termination = platform::termination_requests();
  if (!termination) return 1;
  LineChannel front(platform::Endpoint::standard());
  json::Fields said;
  Result<platform::BlockFile> drive = open_free(path);
  Status status = drive ? platform::give_up_rights() : Status(drive.error());
  if (status) {
    Blinker blinker(std::move(*drive), front, termination->get());
    status = blinker.blink();
    if (status) said.add("event", "identified").add("path", path).add("bytes", blinker.bytes()).add("stopped", blinker.was_stopped());
  }
  if (!status) {
    said.add("event", "error").add("path", path);
    add_error(said, status.error());
  }
  front.send(said.str());
  front.drain(kLastWordsMs);
  return status ? 0 : 1;
}

}  // namespace carousel
