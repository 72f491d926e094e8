#include "engine/probe/findings.hpp"

#include <algorithm>
#include <numeric>

#include "engine/session/worker_link.hpp"

namespace carousel::probe {
namespace {

constexpr const char* kVerdicts[] = {"genuine", "fake-wraps", "fake-drops", "damaged", "unstable"};
constexpr const char* kLeft[] = {"as-before", "blank", "changed"};

/// A bad end is called a fake only if it is at least this share of the announced size, and this many bytes; a few dead sectors at the
/// very end are damage.
constexpr std::uint64_t kFakeShare = 1000;
constexpr std::uint64_t kFakeBytes = 32768;
/// Nobody sells a stick that wraps at less; stamps nearer than that to their place are a fault of another kind.
constexpr std::uint64_t kLeastWrap = 65536;

}  // namespace

const char* to_word(Verdict verdict) { return kVerdicts[static_cast<std::size_t>(verdict)]; }

void Findings::good(Range range) {
  good_bytes_ += range.length;
  good_end_ = std::max(good_end_, range.offset + range.length);
}

void Findings::bad(Range range) {
  bad_bytes_ += range.length;
  first_bad_ = std::min(first_bad_.value_or(range.offset), range.offset);
  const bool follows = !ranges_.empty() && ranges_.back().offset + ranges_.back().length == range.offset;
  if (follows || ranges_.size() < kMaxRanges) {
    add_range(ranges_, range);
  } else {
    ++more_;
  }
}

void Findings::wrapped(Range range, std::uint64_t distance) {
  wrap_ = std::gcd(wrap_, distance);
  bad(range);
}

void Findings::unstable(Range range) {
  unstable_bytes_ += range.length;
  bad(range);
}

Verdict Findings::judge() const {
  if (wrap_ >= kLeastWrap) return Verdict::fake_wraps;
  if (bad_bytes_ == 0) return Verdict::genuine;
  const std::uint64_t lost = size_ - *first_bad_;
  if (ends_early() && bad_bytes_ >= kFakeBytes && lost >= size_ / kFakeShare) return Verdict::fake_drops;
  return unstable_bytes_ > 0 ? Verdict::unstable : Verdict::damaged;
}

std::uint64_t Findings::real_bytes() const {
  switch (judge()) {
    case Verdict::genuine: return size_;
    case Verdict::fake_wraps: return std::min(wrap_, size_);
    case Verdict::fake_drops: return good_end_;
    default: return *first_bad_;
  }
}

std::uint64_t Findings::real_at_most() const {
  switch (judge()) {
    case Verdict::genuine: return size_;
    case Verdict::fake_wraps: return std::min(wrap_, size_);
    case Verdict::fake_drops: return *first_bad_;
    default: return size_ - std::min(bad_bytes_, size_);
  }
}

std::vector<Range> Findings::ranges(std::uint64_t& more) const {
  std::vector<Range> sorted = ranges_, merged;
  std::sort(sorted.begin(), sorted.end(), [](const Range& a, const Range& b) { return a.offset < b.offset; });
  for (const Range& range : sorted) add_range(merged, range);
  more = more_;
  return merged;
}

Report failed(Error error, Left left) {
  Report report;
  report.left = left;
  report.error = std::move(error);
  return report;
}

void add_report(json::Fields& to, const Report& r) {
  if (r.verdict) {
    to.add("verdict", to_word(*r.verdict)).add("realBytes", r.real).add("realAtMost", r.real_at_most);
  } else {
    to.null("verdict").null("realBytes").null("realAtMost");
  }
  to.add("left", kLeft[static_cast<std::size_t>(r.left)]).add("testedBytes", r.tested).add("badBytes", r.bad_bytes);
  if (r.first_bad) {
    to.add("firstBad", *r.first_bad);
  } else {
    to.null("firstBad");
  }
  std::vector<std::string> ranges;
  for (const Range& range : r.bad) ranges.push_back(json::Fields().add("offset", range.offset).add("length", range.length).str());
  to.raw("bad", json::list(ranges)).add("badMore", r.bad_more);
  json::Fields doubt;
  doubt.add("places", r.places).add("widestGap", r.widest_gap).add("missedPercent", r.missed_share * 100).add("cache", r.cache);
  to.raw("doubt", doubt.str()).add("writeRate", r.write_rate).add("readRate", r.read_rate);
  if (r.error) {
    json::Fields error;
    add_error(error, *r.error);
    to.raw("error", error.str());
  }
}

std::string to_line(const Report& report) {
  json::Fields line;
  line.add("say", "report").add("cancelled", report.cancelled);
  add_report(line, report);
  return line.str();
}

namespace {

class Reader {
 public:
  explicit Reader(const json::Value& from) : from_(from) {}
  std::uint64_t whole(const char* key) {
    const json::Value* v = from_.find(key);
    const std::optional<std::uint64_t> n = v == nullptr ? std::nullopt : v->whole();
    good_ = good_ && n.has_value();
    return n.value_or(0);
  }
  std::optional<std::uint64_t> maybe(const char* key) {
    const json::Value* v = from_.find(key);
    if (v != nullptr && v->is_null()) return std::nullopt;
    return whole(key);
  }
  template <class Enum, std::size_t N>
  std::optional<Enum> word(const char* key, const char* const (&words)[N]) {
    const json::Value* v = from_.find(key);
    if (v != nullptr && v->is_null()) return std::nullopt;
    for (std::size_t i = 0; v != nullptr && v->string() != nullptr && i < N; ++i) {
      if (*v->string() == words[i]) return static_cast<Enum>(i);
    }
    good_ = false;
    return std::nullopt;
  }
  [[nodiscard]] bool good() const { return good_; }
  void fail() { good_ = false; }

 private:
  const json::Value& from_;
  bool good_ = true;
};

}  // namespace

Result<Report> report_from(const json::Value& line) {
  Reader in(line);
  Report r;
  const json::Value* cancelled = line.find("cancelled");
  r.cancelled = cancelled != nullptr && cancelled->boolean() != nullptr && *cancelled->boolean();
  r.verdict = in.word<Verdict>("verdict", kVerdicts);
  r.left = in.word<Left>("left", kLeft).value_or(Left::changed);
  r.real = in.maybe("realBytes").value_or(0), r.real_at_most = in.maybe("realAtMost").value_or(0);
  r.tested = in.whole("testedBytes"), r.bad_bytes = in.whole("badBytes"), r.first_bad = in.maybe("firstBad");
  const json::Value* bad = line.find("bad");
  if (bad == nullptr || bad->array() == nullptr || bad->array()->size() > kMaxRanges) return Error{Code::protocol, "the report has no list of bad ranges"};
  for (const json::Value& item : *bad->array()) {
    Reader range(item);
    r.bad.push_back({range.whole("offset"), range.whole("length")});
    if (!range.good()) in.fail();
  }
  r.bad_more = in.whole("badMore");
  const json::Value* doubt = line.find("doubt");
  const json::Value* missed = doubt == nullptr ? nullptr : doubt->find("missedPercent");
  if (missed == nullptr || missed->number() == nullptr) return Error{Code::protocol, "the report does not say how sure it is"};
  Reader sure(*doubt);
  r.places = sure.whole("places"), r.widest_gap = sure.whole("widestGap"), r.cache = sure.whole("cache");
  r.missed_share = *missed->number() / 100;
  r.write_rate = in.whole("writeRate"), r.read_rate = in.whole("readRate");
  if (const json::Value* error = line.find("error")) r.error = error_from(*error);
  if (!in.good() || !sure.good()) return Error{Code::protocol, "the report is not complete"};
  return r;
}

}  // namespace carousel::probe
