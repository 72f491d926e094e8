#include "engine/probe/drive.hpp"

#include <algorithm>
#include <cstring>

#include "platform/clock.hpp"
#include "platform/system_error.hpp"

namespace carousel::probe {
namespace {

/// A place that fails gets this many more tries, after a pause, before it is called bad.
constexpr int kRetries = 2;
constexpr std::uint32_t kPauseMs = 20;
/// Where direct transfers cannot be had, dirty pages are made durable this often, so that progress stays close to the truth.
constexpr std::uint64_t kFlushEvery = 32 * MiB;
/// Old content that cannot be read in one piece is saved in pieces of this many bytes.
constexpr std::uint64_t kSavePiece = 4096;

}  // namespace

std::uint64_t Drive::unit() const { return std::max<std::uint64_t>(file_.geometry().sector, 512); }

Error Drive::explain(Error error) const {
  switch (platform::fault_of(error.os)) {
    case platform::Fault::gone: error.code = Code::device_gone; break;
    case platform::Fault::no_space:
      if (!file_.geometry().device) error.code = Code::no_space;
      break;
    case platform::Fault::read_only: error.code = Code::read_only; break;
    default:
      if (!file_.present()) error.code = Code::device_gone;
  }
  return error;
}

bool Drive::fatal(const Error& error) const { return error.code == Code::device_gone || error.code == Code::no_space || error.code == Code::read_only; }

Status Drive::answered() {
  if (!pulse_() && !regardless_) stopped_ = true;
  if (stopped_ && !regardless_) return Error{Code::job_ending, "stopped"};
  return {};
}

Result<bool> Drive::write(std::uint64_t offset, std::span<const std::byte> data) {
  touched_ = true;
  for (int i = 0;; ++i) {
    const Status status = file_.write(offset, data);
    if (Status go = answered(); !go) return go.error();
    if (status.ok()) break;
    if (const Error error = explain(status.error()); fatal(error)) return error;
    if (i == kRetries) return false;
    platform::sleep_ms(kPauseMs);
  }
  unflushed_ += data.size();
  if (!file_.geometry().direct && unflushed_ >= kFlushEvery) {
    if (Status status = flush(); !status) return status.error();
  }
  return true;
}

Result<bool> Drive::read(std::uint64_t offset, std::span<std::byte> out) {
  for (int i = 0;; ++i) {
    file_.forget_cached(offset, out.size());
    const Result<std::size_t> n = file_.read(offset, out);
    if (Status go = answered(); !go) return go.error();
    if (n.ok()) return *n == out.size();
    if (const Error error = explain(n.error()); fatal(error)) return error;
    if (i == kRetries) return false;
    platform::sleep_ms(kPauseMs);
  }
}

Status Drive::flush() {
  const Status status = file_.flush();
  unflushed_ = 0;
  if (Status go = answered(); !go) return go;
  if (status.ok()) return {};
  Error error = explain(status.error());
  if (!fatal(error)) error.code = Code::flush_error;
  return error;
}

Status Drive::save(std::uint64_t offset, std::uint64_t length) {
  AlignedBuffer bytes(static_cast<std::size_t>(length));
  const Result<bool> got = read(offset, bytes.span());
  if (!got) return got.error();
  if (*got) {
    saved_.push_back({offset, std::move(bytes)});
  } else if (length > kSavePiece) {
    for (std::uint64_t at = 0; at < length; at += kSavePiece) {
      if (Status status = save(offset + at, std::min(kSavePiece, length - at)); !status) return status;
    }
  } else {
    lost_ = true;
  }
  return {};
}

Result<bool> Drive::restore(std::uint64_t real) {
  bool whole = !lost_;
  for (std::size_t i = saved_.size(); i > 0; --i) {
    // The start is what the first saved piece holds: with it the drive looks like something again, so all else is durable before.
    if (i == 1) {
      if (Status status = flush(); !status) return status.error();
    }
    const Result<bool> put = write(saved_[i - 1].offset, saved_[i - 1].bytes.span());
    if (!put) return put.error();
    whole = whole && (*put || saved_[i - 1].offset >= real);
  }
  if (Status status = flush(); !status) return status.error();
  AlignedBuffer now(kPiece);
  for (Saved& saved : saved_) {
    if (saved.offset >= real) continue;
    const std::span<std::byte> room = now.span().first(saved.bytes.size());
    const Result<bool> got = read(saved.offset, room);
    if (!got) return got.error();
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(room.size(), real - saved.offset));
    whole = whole && *got && std::memcmp(room.data(), saved.bytes.data(), length) == 0;
  }
  file_.reread_partitions();
  return whole;
}

}  // namespace carousel::probe
