// The full probe: one pass that stamps every byte, one pass that reads every byte back.
#include <algorithm>

#include "engine/probe/passes.hpp"
#include "platform/clock.hpp"

namespace carousel::probe {
namespace {

/// The same stretches as a copy clears (engine/target): partition tables at both ends.
constexpr std::uint64_t kCleared = 256 * KiB;
/// So many pieces that do not read as written are looked at again, and so many that cannot be read are narrowed down; the rest of a drive
/// that bad is taken as a whole.
constexpr int kLookAgain = 64;
constexpr std::uint64_t kNarrowed = 4096;

class Full {
 public:
  explicit Full(Run& run) : run_(run), drive_(run.drive), end_(drive_.whole_units()), buffer_(kPiece), again_(kPiece) {}
  Status go();
  Result<bool> clear_ends();

 private:
  Status write_all();
  Status read_all();
  Status read_piece(std::uint64_t at, std::span<std::byte> room);
  Status write_narrowly(std::uint64_t at, std::span<const std::byte> data);
  [[nodiscard]] bool belongs(std::uint64_t at, std::span<const std::byte> bytes) const;

  Run& run_;
  Drive& drive_;
  std::uint64_t end_;
  AlignedBuffer buffer_, again_;
  int looked_again_ = 0, narrowed_ = 0;
};

Result<bool> Full::clear_ends() {
  const std::uint64_t length = std::min(kCleared, end_);
  const std::span<std::byte> zeros = buffer_.span().first(static_cast<std::size_t>(length));
  std::fill(zeros.begin(), zeros.end(), std::byte{0});
  const Result<bool> first = drive_.write(0, zeros);
  if (!first) return first;
  const Result<bool> last = drive_.write(end_ - length, zeros);
  if (!last) return last;
  if (Status status = drive_.flush(); !status) return status.error();
  return *first && *last;
}

Status Full::write_narrowly(std::uint64_t at, std::span<const std::byte> data) {
  for (std::uint64_t i = 0; i < data.size(); i += kNarrowed) {
    // Whether it took it or not, what reads back decides.
    const Result<bool> put = drive_.write(at + i, data.subspan(i, std::min<std::uint64_t>(kNarrowed, data.size() - i)));
    if (!put) return put.error();
  }
  return {};
}

Status Full::write_all() {
  run_.progress.begin("writing", end_);
  const std::uint64_t since = platform::now_ns();
  for (std::uint64_t at = 0; at < end_; at += kPiece) {
    const std::span<std::byte> data = buffer_.span().first(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end_ - at)));
    run_.pattern.fill(at, data);
    const Result<bool> put = drive_.write(at, data);
    if (!put) return put.error();
    if (!*put && narrowed_++ < kLookAgain) {
      if (Status status = write_narrowly(at, data); !status) return status;
    }
    run_.progress.bytes += data.size();
  }
  if (Status status = drive_.flush(); !status) return status;
  run_.report.write_rate = rate_since(end_, since);
  return push_out_of_cache(run_, buffer_);
}

bool Full::belongs(std::uint64_t at, std::span<const std::byte> bytes) const {
  for (std::size_t i = 0; i < bytes.size(); i += kStamp) {
    if (run_.pattern.origin(bytes.subspan(i, kStamp)) != at + i) return false;
  }
  return true;
}

Status Full::read_piece(std::uint64_t at, std::span<std::byte> room) {
  const Result<bool> got = drive_.read(at, room);
  if (!got) return got.error();
  if (*got) {
    if (!belongs(at, room) && looked_again_++ < kLookAgain) {
      const std::span<std::byte> second = again_.span().first(room.size());
      const Result<bool> more = drive_.read(at, second);
      if (!more) return more.error();
      for (std::size_t i = 0; i < room.size(); i += kStamp) {
        const auto a = room.subspan(i, kStamp), b = second.subspan(i, kStamp);
        if (!*more || !std::equal(a.begin(), a.end(), b.begin())) {
          run_.findings.unstable({at + i, kStamp});
        } else {
          note(run_, at + i, a);
        }
      }
    } else {
      note(run_, at, room);
    }
    return {};
  }
  if (room.size() <= kNarrowed || narrowed_++ >= kLookAgain * 4) {
    run_.findings.bad({at, room.size()});
    return {};
  }
  for (std::uint64_t i = 0; i < room.size(); i += kNarrowed) {
    if (Status status = read_piece(at + i, room.subspan(i, std::min<std::uint64_t>(kNarrowed, room.size() - i))); !status) return status;
  }
  return {};
}

Status Full::read_all() {
  run_.progress.begin("reading", end_);
  const std::uint64_t since = platform::now_ns();
  for (std::uint64_t at = 0; at < end_; at += kPiece) {
    const std::span<std::byte> room = buffer_.span().first(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end_ - at)));
    if (Status status = read_piece(at, room); !status) return status;
    run_.progress.bytes += room.size();
  }
  run_.report.read_rate = rate_since(end_, since);
  return {};
}

Status Full::go() {
  run_.report.cache = beaten_cache(run_);
  // Both partition tables go first, durably: from here on the drive looks blank.
  run_.progress.begin("clearing", 0);
  if (const Result<bool> cleared = clear_ends(); !cleared) return cleared.error();
  if (Status status = write_all(); !status) return status;
  return read_all();
}

}  // namespace

Status probe_full(Run& run) {
  Full full(run);
  const Status looked = full.go();
  if (!run.drive.touched()) {
    run.report.left = Left::as_before;
    return looked;
  }
  run.drive.finish_regardless();
  run.progress.begin("clearing", 0);
  const Result<bool> cleared = full.clear_ends();
  run.report.left = cleared && *cleared ? Left::blank : Left::changed;
  if (!looked) return looked;
  if (!cleared) return cleared.error();
  return {};
}

}  // namespace carousel::probe
