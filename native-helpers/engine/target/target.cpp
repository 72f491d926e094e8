#include "engine/target/target.hpp"

#include <algorithm>
#include <cstring>

#include "engine/safety/approval.hpp"
#include "platform/clock.hpp"
#include "platform/memory.hpp"
#include "platform/system_error.hpp"

namespace carousel {
namespace {

/// At most this much of either end is held back until everything else is written.
constexpr std::uint64_t kEnd = MiB;
/// This much of either end is cleared first: MBR and GPT with its spare copy (33 sectors), the labels of LVM, md and ZFS and the superblocks
/// of all common file systems lie within.
constexpr std::uint64_t kCleared = 256 * KiB;
/// A failed write is tried this often again before it counts.
constexpr int kRetries = 2;
constexpr std::uint32_t kPauseMs = 50;
/// Where direct I/O cannot be had, dirty pages are made durable this often, so that progress and errors stay close to the truth.
constexpr std::uint64_t kFlushEvery = 32 * MiB;

}  // namespace

Target::Target(platform::BlockFile file, bool created, std::uint64_t source_size, std::uint64_t block_size, std::function<void()> answered)
    : file_(std::move(file)),
      created_(created),
      source_size_(source_size),
      block_size_(block_size),
      head_end_(std::min({kEnd, block_size, source_size})),
      answered_(std::move(answered)) {
  tail_start_ = std::min(std::max(round_down(source_size - std::min(kEnd, source_size), kPage), round_up(head_end_, kPage)), source_size_);
  const auto head = static_cast<std::size_t>(round_up(head_end_, kPage)), tail = static_cast<std::size_t>(round_up(source_size_ - tail_start_, kPage));
  ends_ = platform::transfer_buffer(head + tail);
  head_ = ends_.span().first(head);
  tail_ = ends_.span().subspan(head, tail);
}

Result<Target> Target::open(const platform::TargetRequest& request, std::uint64_t source_size, std::uint64_t block_size,
                            std::function<void()> answered, const std::string& approval) {
  platform::TargetRequest wanted = request;
  wanted.allocate = source_size;
  Result<platform::BlockFile> file = platform::BlockFile::open_target(wanted);
  if (!file) return std::move(file).error();
  if (request.device) {
    if (Status status = safety::confirm(*file, request.path, approval); !status) return std::move(status).error();
  }
  if (file->geometry().size < source_size) return Error{Code::too_small, request.path + " is smaller than the source"};
  return Target(std::move(*file), request.create, source_size, block_size, std::move(answered));
}

Result<Target> Target::open_in_place(const platform::TargetRequest& request, std::uint64_t source_size, std::uint64_t block_size, bool writing,
                                     std::function<void()> answered, const std::string& approval) {
  // No room is made beforehand: what is right already is not to be touched, and a file that is too short is no copy.
  Result<platform::BlockFile> file = writing ? platform::BlockFile::open_target(request) : platform::BlockFile::open_source(request.path);
  if (!file) return std::move(file).error();
  if (file->identity() != request.expected) return Error{Code::changed_device, request.path + " is another device now than when it was checked"};
  if (writing && request.device) {
    if (Status status = safety::confirm(*file, request.path, approval); !status) return std::move(status).error();
  }
  if (file->geometry().size < source_size) return Error{Code::too_small, request.path + " is smaller than the source"};
  Target target(std::move(*file), false, source_size, block_size, std::move(answered));
  target.head_end_ = 0;
  target.tail_start_ = source_size;
  return target;
}

Error Target::explain(Error error) const {
  switch (platform::fault_of(error.os)) {
    case platform::Fault::gone: error.code = Code::device_gone; break;
    case platform::Fault::no_space: error.code = file_.geometry().device ? Code::write_error : Code::no_space; break;
    case platform::Fault::read_only: error.code = Code::read_only; break;
    default:
      if (!file_.present()) error.code = Code::device_gone;
  }
  return error;
}

Status Target::write_aligned(std::uint64_t offset, std::span<const std::byte> data) {
  if (data.empty()) return {};
  Status status = file_.write(offset, data);
  for (int i = 0; i < kRetries && !status; ++i) {
    const platform::Fault fault = platform::fault_of(status.error().os);
    if (fault != platform::Fault::medium && fault != platform::Fault::other) return explain(status.error());
    if (!file_.present()) return explain(status.error());
    answered_();
    platform::sleep_ms(kPauseMs);
    status = file_.write(offset, data);
  }
  if (!status && data.size() > file_.geometry().sector) {
    // Piece by piece: either it works now, or the first place that does not work has a name.
    const std::uint64_t sector = std::max<std::uint64_t>(file_.geometry().sector, 512);
    const std::uint64_t piece = std::max(sector, round_up(data.size() / 16, sector));
    status = {};
    for (std::uint64_t at = 0; at < data.size() && status.ok(); at += piece) {
      const auto part = data.subspan(at, std::min<std::uint64_t>(piece, data.size() - at));
      status = file_.write(offset + at, part);
      if (!status && piece > sector) status = write_aligned(offset + at, part);
    }
  }
  answered_();
  if (!status) return explain(status.error());
  return {};
}

/// The source ends inside a sector of the device: the rest of that sector keeps what it holds.
Status Target::write_device_end(std::uint64_t offset, std::span<const std::byte> data) {
  AlignedBuffer sector(std::max<std::size_t>(file_.geometry().sector, kPage));
  const std::span<std::byte> whole = sector.span().first(file_.geometry().sector);
  const Result<std::size_t> n = file_.read(offset, whole);
  if (!n) return explain(n.error());
  if (*n != whole.size()) return Error{Code::too_small, "the device ends before the source does"};
  std::memcpy(whole.data(), data.data(), data.size());
  return write_aligned(offset, whole);
}

Status Target::write_range(std::uint64_t offset, std::span<const std::byte> data) {
  const std::uint64_t sector = file_.geometry().sector;
  const auto aligned = data.first(static_cast<std::size_t>(round_down(data.size(), sector)));
  const auto rest = data.subspan(aligned.size());
  if (Status status = write_aligned(offset, aligned); !status) return status;
  if (!rest.empty()) {
    const std::uint64_t at = offset + aligned.size();
    Status status = file_.geometry().device ? write_device_end(at, rest) : file_.write_unaligned(at, rest);
    answered_();
    if (!status) return explain(status.error());
  }
  unflushed_ += data.size();
  if (!file_.geometry().direct && unflushed_ >= kFlushEvery) return flush();
  return {};
}

Status Target::zero(std::uint64_t offset, std::uint64_t length) {
  const std::uint64_t from = round_down(offset, std::max<std::uint64_t>(file_.geometry().sector, 512)), to = offset + length;
  AlignedBuffer zeros(static_cast<std::size_t>(round_up(to - from, kPage)));
  std::memset(zeros.data(), 0, zeros.size());
  return write_range(from, zeros.span().first(static_cast<std::size_t>(to - from)));
}

Status Target::prepare() { return created_ ? Status() : blank(); }  // a new file holds nothing yet

Status Target::blank() {
  const std::uint64_t size = file_.geometry().size;
  const std::uint64_t end = std::min(kCleared, size), tail = std::min(kCleared, source_size_ - tail_start_);
  if (Status status = zero(0, end); !status) return status;
  // The spare partition table at the very end of the device, and where the source's own will be.
  if (Status status = zero(size - end, end); !status) return status;
  if (Status status = zero(source_size_ - tail, tail); !status) return status;
  return flush();
}

Status Target::write_block(std::uint64_t number, std::span<const std::byte> data) {
  std::uint64_t from = number * block_size_;
  const std::uint64_t end = from + data.size();
  const std::byte* const at_from = data.data();
  const std::uint64_t start = from;
  std::uint64_t to = end;
  if (start < head_end_) {
    std::memcpy(head_.data() + start, at_from, static_cast<std::size_t>(std::min(head_end_, end) - start));
    from = std::min(head_end_, end);
  }
  if (end > tail_start_ && tail_start_ < source_size_) {
    const std::uint64_t first = std::max(tail_start_, start);
    std::memcpy(tail_.data() + (first - tail_start_), at_from + (first - start), static_cast<std::size_t>(end - first));
    to = std::max(first, from);
  }
  if (from >= to) return {};
  return write_range(from, data.subspan(static_cast<std::size_t>(from - start), static_cast<std::size_t>(to - from)));
}

std::uint64_t Target::written_now(std::uint64_t number, std::uint64_t length) const {
  const std::uint64_t start = number * block_size_, end = start + length;
  const std::uint64_t from = std::max(start, head_end_), to = std::min(end, tail_start_);
  return to > from ? to - from : 0;
}

std::vector<std::uint64_t> Target::end_blocks() const {
  std::vector<std::uint64_t> blocks;
  const std::uint64_t count = (source_size_ + block_size_ - 1) / block_size_;
  std::uint64_t block = 0;
  for (; block * block_size_ < head_end_; ++block) blocks.push_back(block);
  for (block = std::max(block, tail_start_ / block_size_); tail_start_ < source_size_ && block < count; ++block) blocks.push_back(block);
  return blocks;
}

Status Target::flush() {
  Status status = file_.flush();
  unflushed_ = 0;
  answered_();
  if (!status) {
    Error error = explain(status.error());
    if (error.code != Code::device_gone && error.code != Code::no_space) error.code = Code::flush_error;
    return error;
  }
  return {};
}

Status Target::finish() {
  if (Status status = flush(); !status) return status;
  ends_written_ = true;
  if (tail_start_ < source_size_) {
    if (Status status = write_range(tail_start_, tail_.first(static_cast<std::size_t>(source_size_ - tail_start_))); !status) return status;
    if (Status status = flush(); !status) return status;
  }
  if (Status status = write_range(0, head_.first(static_cast<std::size_t>(head_end_))); !status) return status;
  if (Status status = flush(); !status) return status;
  if (created_) {
    if (Status status = file_.flush_name(); !status) return status;
  }
  file_.reread_partitions();
  return check_name();
}

Status Target::check_name() const {
  return file_.still_named() ? Status() : Status(Error{Code::changed_device, "the file that was opened is not there any more under its name"});
}

Status Target::read_back(std::uint64_t number, std::span<std::byte> out, std::uint64_t length, bool& held) {
  const std::uint64_t start = number * block_size_, end = start + length;
  file_.forget_cached(start, length);
  const std::uint64_t sector = std::max<std::uint64_t>(file_.geometry().sector, 1);
  const Result<std::size_t> n = file_.read(start, out.first(static_cast<std::size_t>(std::min<std::uint64_t>(round_up(length, sector), out.size()))));
  answered_();
  if (!n) {
    Error error = explain(n.error());
    if (error.code != Code::device_gone) error.code = Code::read_error;
    return error;
  }
  if (*n < length) {
    Error error{Code::read_error, "the device ends before the copy does"};
    error.offset = start + *n;
    return error;
  }
  held = !ends_written_ && (start < head_end_ || end > tail_start_);
  if (!held) return {};
  if (start < head_end_) std::memcpy(out.data(), head_.data() + start, static_cast<std::size_t>(std::min(head_end_, end) - start));
  if (end > tail_start_) {
    const std::uint64_t first = std::max(tail_start_, start);
    std::memcpy(out.data() + (first - start), tail_.data() + (first - tail_start_), static_cast<std::size_t>(end - first));
  }
  return {};
}

}  // namespace carousel
