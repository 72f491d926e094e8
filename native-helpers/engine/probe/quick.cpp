// The quick probe. Every byte of a stretch F at the start is stamped, and so are places all over the drive; then:
//   * a drive that wraps at R shows the stamps of F again from R on. They are looked for every |F| bytes and in the last place, so
//     one of them is met whatever R is, and what it says it was meant for gives R exactly;
//   * a drive that keeps nothing past R has good places below and bad ones above, and the border is found by narrowing;
//   * F is written after the places, so that a cache of the drive that is smaller than F cannot hold them any more.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/probe/passes.hpp"
#include "platform/clock.hpp"

namespace carousel::probe {
namespace {

constexpr std::uint64_t kPlace = 4096;
/// Random places, one in each of so many equal parts: a contiguous bad area of two such parts cannot be missed.
constexpr std::uint64_t kParts = 128;
/// The end holds the spare partition table; it is stamped first, like the start, so that a drive pulled half-way looks blank.
constexpr std::uint64_t kTail = 256 * KiB;
/// Places tested at once while the border is narrowed: each round costs one writing of F.
constexpr std::uint64_t kFan = 63;
constexpr int kMaxRounds = 12;
/// Places above a border that must all be bad too.
constexpr int kConfirm = 16;

class Quick {
 public:
  explicit Quick(Run& run) : run_(run), drive_(run.drive), buffer_(kPiece) {}
  Status go();

 private:
  void lay_out();
  Status write_place(Range place);
  Status write_stretch();
  Status read_places(std::vector<Range> places);
  Status look_for_wraps();
  Status read_stretch();
  Status narrow();
  Status test(const std::vector<Range>& places);
  Range place_at(std::uint64_t offset) const { return {round_down(offset, drive_.unit()), kPlace}; }

  Run& run_;
  Drive& drive_;
  AlignedBuffer buffer_;
  std::uint64_t end_ = 0;      ///< whole units of the drive
  std::uint64_t stretch_ = 0;  ///< F is [0, stretch_)
  std::vector<Range> places_;  ///< beyond F, in order, without overlaps; the last one is the tail
};

void Quick::lay_out() {
  end_ = drive_.whole_units();
  stretch_ = end_ <= 2 * kTail + kStretch ? end_ : kStretch;
  run_.report.cache = stretch_ == end_ ? beaten_cache(run_) : stretch_;
  if (stretch_ == end_) return;
  const std::uint64_t from = stretch_, to = end_ - kTail;
  const auto within = [&](std::uint64_t offset) {
    if (offset >= from && offset + kPlace <= to) places_.push_back(place_at(offset));
  };
  const std::uint64_t part = (to - from) / kParts;
  for (std::uint64_t i = 0; i < kParts; ++i) {
    within(from + i * part + run_.random() % std::max<std::uint64_t>(part - std::min(part, kPlace), 1));
  }
  // Where cheap controllers have their borders: powers of two and their halves, from both ends.
  for (std::uint64_t step = kTail; step < end_; step *= 2) {
    for (const std::uint64_t offset : {step, step + step / 2, step - kPlace, end_ - std::min(end_, step + kPlace)}) within(offset);
  }
  std::sort(places_.begin(), places_.end(), [](const Range& a, const Range& b) { return a.offset < b.offset; });
  std::vector<Range> apart;
  for (const Range& place : places_) {
    if (apart.empty() || apart.back().offset + apart.back().length <= place.offset) apart.push_back(place);
  }
  apart.push_back({to, kTail});
  places_ = std::move(apart);
  run_.report.places = places_.size();
  std::uint64_t reached = stretch_;
  for (const Range& place : places_) {
    run_.report.widest_gap = std::max(run_.report.widest_gap, place.offset - reached);
    reached = place.offset + place.length;
  }
  run_.report.missed_share = 1 - std::pow(0.05, 1.0 / static_cast<double>(kParts));
}

Status Quick::write_place(Range place) {
  const std::span<std::byte> data = buffer_.span().first(static_cast<std::size_t>(place.length));
  run_.pattern.fill(place.offset, data);
  const Result<bool> put = drive_.write(place.offset, data);
  if (!put) return put.error();
  // Whether it took it or not, what reads back decides.
  run_.progress.bytes += place.length;
  return {};
}

Status Quick::write_stretch() {
  for (std::uint64_t at = 0; at < stretch_; at += kPiece) {
    if (Status status = write_place({at, std::min<std::uint64_t>(kPiece, stretch_ - at)}); !status) return status;
  }
  if (Status status = drive_.flush(); !status) return status;
  return stretch_ == end_ ? push_out_of_cache(run_, buffer_) : Status();
}

/// Reads every place twice, in two orders: one that reads differently the second time must not be believed either time.
Status Quick::read_places(std::vector<Range> places) {
  std::vector<std::vector<std::byte>> first(places.size());
  std::vector<bool> failed(places.size());
  std::vector<std::size_t> order(places.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (int round = 0; round < 2; ++round) {
    std::shuffle(order.begin(), order.end(), run_.random);
    for (const std::size_t i : order) {
      const Range place = places[i];
      const std::span<std::byte> room = buffer_.span().first(static_cast<std::size_t>(place.length));
      const Result<bool> got = drive_.read(place.offset, room);
      if (!got) return got.error();
      run_.progress.bytes += place.length;
      if (round == 0) {
        failed[i] = !*got;
        if (*got) first[i].assign(room.begin(), room.end());
      } else if (!*got || failed[i]) {
        if (*got != !failed[i]) {
          run_.findings.unstable(place);
        } else {
          run_.findings.bad(place);
        }
      } else if (!std::equal(room.begin(), room.end(), first[i].begin())) {
        run_.findings.unstable(place);
      } else {
        note(run_, place.offset, room);
      }
    }
  }
  return {};
}

Status Quick::look_for_wraps() {
  // The tail has been read as a whole by now, with all the stamps in it.
  for (std::uint64_t at = stretch_; at + kPlace <= end_ - kTail; at += stretch_ - kPlace) {
    const std::span<std::byte> room = buffer_.span().first(kPlace);
    const Result<bool> got = drive_.read(at, room);
    if (!got) return got.error();
    run_.progress.bytes += kPlace;
    if (!*got) {
      run_.findings.bad({at, kPlace});
      continue;
    }
    for (std::size_t i = 0; i < kPlace; i += kStamp) {
      const std::optional<std::uint64_t> origin = run_.pattern.origin(room.subspan(i, kStamp));
      if (origin && *origin != at + i) run_.findings.wrapped({at + i, kStamp}, *origin < at + i ? at + i - *origin : *origin - at - i);
    }
  }
  return {};
}

Status Quick::read_stretch() {
  for (std::uint64_t at = 0; at < stretch_; at += kPiece) {
    const std::span<std::byte> room = buffer_.span().first(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, stretch_ - at)));
    const Result<bool> got = drive_.read(at, room);
    if (!got) return got.error();
    run_.progress.bytes += room.size();
    if (*got) {
      note(run_, at, room);
      continue;
    }
    for (std::size_t i = 0; i < room.size(); i += kPlace) {
      const std::span<std::byte> part = room.subspan(i, std::min<std::size_t>(kPlace, room.size() - i));
      const Result<bool> piece = drive_.read(at + i, part);
      if (!piece) return piece.error();
      if (*piece) {
        note(run_, at + i, part);
      } else {
        run_.findings.bad({at + i, part.size()});
      }
    }
  }
  return {};
}

Status Quick::test(const std::vector<Range>& places) {
  for (const Range& place : places) {
    if (Status status = drive_.save(place.offset, place.length); !status) return status;
  }
  for (const Range& place : places) {
    if (Status status = write_place(place); !status) return status;
  }
  if (Status status = drive_.flush(); !status) return status;
  if (Status status = write_stretch(); !status) return status;
  return read_places(places);
}

/// While everything good lies below everything bad: where exactly does it end?
Status Quick::narrow() {
  Findings& seen = run_.findings;
  for (int round = 0; round < kMaxRounds && seen.ends_early(); ++round) {
    const std::uint64_t low = seen.good_end(), high = *seen.first_bad();
    std::vector<Range> places;
    const std::uint64_t unit = drive_.unit(), from = round_up(low, unit);
    for (std::uint64_t i = 0; i <= kFan; ++i) {
      const std::uint64_t at = round_up(low + (high - low) / (kFan + 1) * i, unit);
      if (at + kPlace <= high && (places.empty() || at >= places.back().offset + kPlace)) places.push_back({at, kPlace});
    }
    // Less than a place is left: the very sectors.
    if (places.empty() && from < high) places.push_back({from, round_down(high - from, unit)});
    if (places.empty() || places.front().length == 0) break;
    run_.progress.begin("narrowing", places.size() * kPlace * 3 + stretch_);
    if (Status status = test(places); !status) return status;
  }
  if (!seen.ends_early() || stretch_ == end_) return {};
  std::vector<Range> above;
  const std::uint64_t border = std::max(*seen.first_bad(), stretch_);
  for (int i = 0; i < kConfirm && end_ - border >= kPlace; ++i) {
    const Range place = place_at(border + run_.random() % (end_ - border - kPlace + 1));
    const auto overlaps = [&](const Range& other) { return place.offset < other.offset + other.length && other.offset < place.offset + place.length; };
    const bool known = std::any_of(above.begin(), above.end(), overlaps) || std::any_of(places_.begin(), places_.end(), overlaps);
    if (!known && place.offset >= border) above.push_back(place);
  }
  if (above.empty()) return {};
  run_.progress.begin("narrowing", above.size() * kPlace * 3 + stretch_);
  return test(above);
}

Status Quick::go() {
  lay_out();
  std::uint64_t places_bytes = 0;
  for (const Range& place : places_) places_bytes += place.length;

  // Everything is saved before anything is written: on a drive that wraps, two places may be one.
  run_.progress.begin("saving", stretch_ + places_bytes);
  const auto save = [&](Range range) -> Status {
    run_.progress.bytes += range.length;
    return drive_.save(range.offset, range.length);
  };
  if (Status status = save({0, std::min<std::uint64_t>(kPiece, stretch_)}); !status) return status;
  if (!places_.empty()) {
    if (Status status = save(places_.back()); !status) return status;
  }
  for (std::uint64_t at = kPiece; at < stretch_; at += kPiece) {
    if (Status status = save({at, std::min<std::uint64_t>(kPiece, stretch_ - at)}); !status) return status;
  }
  for (std::size_t i = 0; i + 1 < places_.size(); ++i) {
    if (Status status = save(places_[i]); !status) return status;
  }

  // Both partition tables go first, durably: from here on the drive looks blank until all is back.
  run_.progress.begin("writing", 2 * stretch_ + places_bytes);
  if (Status status = write_place({0, std::min<std::uint64_t>(kPiece, stretch_)}); !status) return status;
  if (!places_.empty()) {
    if (Status status = write_place(places_.back()); !status) return status;
  }
  if (Status status = drive_.flush(); !status) return status;
  std::vector<Range> shuffled = places_;
  std::shuffle(shuffled.begin(), shuffled.end(), run_.random);
  for (const Range& place : shuffled) {
    if (Status status = write_place(place); !status) return status;
  }
  if (Status status = drive_.flush(); !status) return status;
  run_.progress.of = run_.progress.bytes + stretch_;
  std::uint64_t since = platform::now_ns();
  if (Status status = write_stretch(); !status) return status;
  run_.report.write_rate = rate_since(stretch_, since);

  run_.progress.begin("reading", stretch_ + 2 * places_bytes);
  // The tail in pieces as small as the others: one bad sector in it is not all of it.
  std::vector<Range> pieces = places_;
  if (!pieces.empty()) pieces.pop_back();
  for (std::uint64_t at = stretch_ < end_ ? end_ - kTail : end_; at < end_; at += kPlace) pieces.push_back({at, std::min(kPlace, end_ - at)});
  if (Status status = read_places(std::move(pieces)); !status) return status;
  if (stretch_ < end_) {
    run_.progress.of += (end_ - stretch_) / (stretch_ - kPlace) * kPlace;
    if (Status status = look_for_wraps(); !status) return status;
  }
  since = platform::now_ns();
  if (Status status = read_stretch(); !status) return status;
  run_.report.read_rate = rate_since(stretch_, since);
  return run_.findings.wraps() ? Status() : narrow();
}

}  // namespace

Status probe_quick(Run& run) {
  const Status looked = Quick(run).go();
  if (!run.drive.touched()) {
    run.report.left = Left::as_before;
    return looked;
  }
  run.drive.finish_regardless();
  // Past its real size nothing could be kept, so nothing can be asked back.
  const std::uint64_t real = looked.ok() && run.findings.judge() == Verdict::fake_drops ? run.findings.good_end() : run.drive.size();
  run.progress.begin("restoring", 0);
  const Result<bool> back = run.drive.restore(real);
  run.report.left = back && *back ? Left::as_before : Left::changed;
  if (!looked) return looked;
  if (!back) return back.error();
  return {};
}

}  // namespace carousel::probe
