// What a probe has seen, and what follows from it. Pure: no device in here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/range.hpp"
#include "base/result.hpp"

namespace carousel::probe {

/// What a stick turned out to be. In the protocol: genuine, fake-wraps, fake-drops, damaged, unstable.
enum class Verdict {
  genuine,     ///< everything that was tested holds what was written
  fake_wraps,  ///< what is written past its real size lands on the bytes before it
  fake_drops,  ///< from some place on, to the end, nothing is kept
  damaged,     ///< some places are bad, good ones lie behind them
  unstable     ///< the same place read differently twice
};
const char* to_word(Verdict verdict);

/// At most so many bad ranges are named.
inline constexpr std::size_t kMaxRanges = 1000;

/// Notes of one run, in any order of places.
class Findings {
 public:
  explicit Findings(std::uint64_t size) : size_(size) {}

  /// These bytes hold what was written there.
  void good(Range range);
  /// These bytes do not, or could not be written or read.
  void bad(Range range);
  /// These bytes hold what was written `distance` bytes away; they count as bad too.
  void wrapped(Range range, std::uint64_t distance);
  /// These bytes read differently twice; they count as bad too.
  void unstable(Range range);

  [[nodiscard]] std::uint64_t tested() const { return good_bytes_ + bad_bytes_; }
  [[nodiscard]] std::uint64_t bad_bytes() const { return bad_bytes_; }
  [[nodiscard]] std::optional<std::uint64_t> first_bad() const { return first_bad_; }
  /// Where the last good byte that was seen ends; 0: none.
  [[nodiscard]] std::uint64_t good_end() const { return good_end_; }
  [[nodiscard]] bool wraps() const { return wrap_ != 0; }
  /// Good below, bad above, without exception.
  [[nodiscard]] bool ends_early() const { return first_bad_ && good_end_ > 0 && good_end_ <= *first_bad_; }
  [[nodiscard]] Verdict judge() const;
  /// Bytes from the start that can be relied on, going by what was tested.
  [[nodiscard]] std::uint64_t real_bytes() const;
  /// No more than so many bytes can be real.
  [[nodiscard]] std::uint64_t real_at_most() const;
  /// The bad ranges in order, at most kMaxRanges; `more` are those left out.
  [[nodiscard]] std::vector<Range> ranges(std::uint64_t& more) const;

 private:
  std::uint64_t size_;
  std::uint64_t good_bytes_ = 0, bad_bytes_ = 0, unstable_bytes_ = 0, good_end_ = 0;
  std::uint64_t wrap_ = 0;  ///< greatest common divisor of all distances: the real size
  std::optional<std::uint64_t> first_bad_;
  std::vector<Range> ranges_;
  std::uint64_t more_ = 0;
};

/// How the drive is left behind. In the protocol: as-before, blank, changed.
enum class Left {
  as_before,  ///< everything was put back, and read back
  blank,      ///< both ends are cleared
  changed     ///< neither could be made sure
};

/// The outcome of one probe, as the worker tells it to the supervisor.
struct Report {
  std::optional<Verdict> verdict;  ///< nothing: it did not get that far
  bool cancelled = false;
  Left left = Left::changed;
  std::uint64_t real = 0, real_at_most = 0, tested = 0, bad_bytes = 0, bad_more = 0;
  std::optional<std::uint64_t> first_bad;
  std::vector<Range> bad;
  std::uint64_t places = 0;      ///< places tested by themselves beside the whole stretch at the start; 0: everything was tested
  std::uint64_t widest_gap = 0;  ///< longest stretch without a tested place, bytes
  double missed_share = 0;       ///< a larger share of bad bytes than this would have been met with 95 % probability
  std::uint64_t cache = 0;       ///< a cache of its own smaller than this cannot have deceived the probe, bytes
  std::uint64_t write_rate = 0, read_rate = 0;  ///< bytes a second, 0: not measured
  std::optional<Error> error;
};

/// A probe that came to nothing.
Report failed(Error error, Left left = Left::changed);
/// The fields that every event with a report carries.
void add_report(json::Fields& to, const Report& report);
/// One line from the worker to the supervisor.
std::string to_line(const Report& report);
/// The other way round. Code::protocol.
Result<Report> report_from(const json::Value& line);

}  // namespace carousel::probe
