#include "engine/source/source.hpp"

#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "platform/clock.hpp"
#include "platform/system_error.hpp"

namespace carousel {
namespace {

/// A block that fails is tried this often again, after a pause: drives recover from many errors by themselves.
constexpr int kRetries = 2;
constexpr std::uint32_t kPauseMs = 20;
/// A single sector gets one more try at once; by then it has failed in every larger request it was part of.
constexpr int kSectorTries = 2;
/// From a whole block down to one sector in steps: a failed request fails as a whole, at any size, and says nothing of where.
constexpr std::uint64_t kStep = 16;

/// The size of the pieces that a failed request of `size` bytes is asked for in next: whole sectors, or no piece could be read directly.
std::uint64_t step_below(std::uint64_t size, std::uint64_t sector) { return std::max(round_down(size / kStep, sector), sector); }

}  // namespace

Result<Source> Source::open(const std::string& path, std::function<void()> answered) {
  Result<platform::BlockFile> file = platform::BlockFile::open_source(path);
  if (!file) return std::move(file).error();
  if (file->geometry().size == 0) return Error{Code::empty_source, path + " has no bytes"};
  return Source(std::move(*file), std::move(answered));
}

Result<std::size_t> Source::read(std::uint64_t offset, std::span<std::byte> out) {
  Result<std::size_t> n = file_.read(offset, out);
  answered_();
  return n;
}

Status Source::give_up(const Error& error) const {
  const bool gone = platform::fault_of(error.os) == platform::Fault::gone || !file_.present();
  Error out = error;
  out.code = gone ? Code::source_gone : Code::source_error;
  out.what = (gone ? "the source was pulled out: " : "the source: ") + error.what;
  return out;
}

Status Source::narrow(std::uint64_t offset, std::span<std::byte> out, std::uint64_t piece, std::vector<Range>& bad) {
  const std::uint64_t sector = std::max<std::uint64_t>(file_.geometry().sector, 512);
  for (std::uint64_t at = 0; at < out.size(); at += piece) {
    const std::span<std::byte> part = out.subspan(at, std::min<std::uint64_t>(piece, out.size() - at));
    bool good = false;
    for (int i = 0; i < (piece <= sector ? kSectorTries : 1) && !good; ++i) {
      const Result<std::size_t> n = read(offset + at, part);
      good = n.ok() && (*n == part.size() || offset + at + *n == size());
      if (!n && (platform::fault_of(n.error().os) == platform::Fault::gone || !file_.present())) return give_up(n.error());
    }
    if (good) continue;
    if (piece <= sector) {
      std::memset(part.data(), 0, part.size());
      add_range(bad, {offset + at, std::min<std::uint64_t>(part.size(), size() - (offset + at))});
    } else if (Status status = narrow(offset + at, part, step_below(piece, sector), bad); !status) {
      return status;
    }
  }
  return {};
}

void Source::skip(const std::vector<Range>& ranges) {
  const std::uint64_t sector = std::max<std::uint64_t>(file_.geometry().sector, 1);
  skip_.clear();
  for (const Range& range : ranges) {
    const std::uint64_t from = round_down(range.offset, sector), to = std::min(round_up(range.offset + range.length, sector), size());
    const std::uint64_t reached = skip_.empty() ? 0 : skip_.back().offset + skip_.back().length;
    if (const std::uint64_t at = std::max(from, reached); at < to) add_range(skip_, {at, to - at});
  }
}

Status Source::read_block(std::uint64_t offset, std::uint64_t length, std::span<std::byte> out, bool zero_fill, std::vector<Range>& bad) {
  const std::uint64_t end = offset + length;
  std::uint64_t at = offset;
  const auto rest = [&] { return out.subspan(static_cast<std::size_t>(at - offset)); };
  auto next = std::partition_point(skip_.begin(), skip_.end(), [&](const Range& r) { return r.offset + r.length <= offset; });
  for (; next != skip_.end() && next->offset < end; ++next) {
    if (next->offset > at) {
      const auto part = rest().first(static_cast<std::size_t>(next->offset - at));
      if (Status status = read_all(at, part.size(), part, zero_fill, bad); !status) return status;
      at = next->offset;
    }
    const std::uint64_t to = std::min(next->offset + next->length, end);
    std::memset(rest().data(), 0, static_cast<std::size_t>(to - at));
    add_range(bad, {at, to - at});
    at = to;
  }
  return at < end ? read_all(at, end - at, rest(), zero_fill, bad) : Status();
}

Status Source::read_all(std::uint64_t offset, std::uint64_t length, std::span<std::byte> out, bool zero_fill, std::vector<Range>& bad) {
  const std::uint64_t sector = std::max<std::uint64_t>(file_.geometry().sector, 512);
  const std::span<std::byte> whole = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(round_up(length, sector), out.size())));
  Error last;
  for (int i = 0; i <= kRetries; ++i) {
    if (i > 0) platform::sleep_ms(kPauseMs);
    const Result<std::size_t> n = read(offset, whole);
    if (n.ok()) {
      if (*n >= length) return {};
      // Shorter than when the job began: not a bad sector, the source itself has changed.
      Error error{Code::source_error, "the source has become shorter"};
      error.offset = offset + *n;
      return error;
    }
    last = n.error();
    if (platform::fault_of(last.os) == platform::Fault::gone || !file_.present()) return give_up(last);
  }
  if (!zero_fill) {
    // Name the first sector that fails, not the block.
    std::vector<Range> found;
    if (Status status = narrow(offset, whole, step_below(whole.size(), sector), found); !status) return status;
    if (found.empty()) return {};
    last.offset = found.front().offset;
    return give_up(last);
  }
  return narrow(offset, whole, step_below(whole.size(), sector), bad);
}

}  // namespace carousel
