// The speed of something over the last two seconds.
#pragma once

#include <cstdint>
#include <deque>

namespace carousel {

class Meter {
 public:
  /// `total` bytes so far, at `now` nanoseconds.
  void note(std::uint64_t total, std::uint64_t now) {
    if (!marks_.empty() && total < marks_.back().total) marks_.clear();  // a new phase counts from zero
    marks_.push_back({now, total});
    while (marks_.size() > 2 && now - marks_[1].at >= kSpan) marks_.pop_front();
  }
  /// Bytes a second.
  [[nodiscard]] std::uint64_t rate() const {
    if (marks_.size() < 2) return 0;
    const std::uint64_t time = marks_.back().at - marks_.front().at, bytes = marks_.back().total - marks_.front().total;
    return time == 0 ? 0 : static_cast<std::uint64_t>(static_cast<double>(bytes) * 1e9 / static_cast<double>(time));
  }

 private:
  static constexpr std::uint64_t kSpan = 2'000'000'000U;
  struct Mark {
    std::uint64_t at, total;
  };
  std::deque<Mark> marks_;
};

/// Measures how long something has stood still, in steps, so that a pause of this process (or of the whole machine) does not count.
class Stopwatch {
 public:
  void reset() { seconds_ = 0; }
  void add(double seconds) { seconds_ += seconds < kMaxStep ? seconds : kMaxStep; }
  [[nodiscard]] double seconds() const { return seconds_; }

 private:
  static constexpr double kMaxStep = 1.0;
  double seconds_ = 0;
};

}  // namespace carousel
