#include "engine/session/line_channel.hpp"

#include <array>
#include <span>

#include "platform/clock.hpp"

namespace carousel {

void LineChannel::receive() {
  std::array<std::byte, 16384> buffer;
  while (!closed_) {
    const platform::Transfer got = endpoint_.read(buffer);
    if (got.closed) closed_ = true;
    if (got.bytes == 0) return;
    in_.append(reinterpret_cast<const char*>(buffer.data()), got.bytes);
    if (in_.size() > longest_ && in_.find('\n') == std::string::npos) {
      too_long_ = closed_ = true;
      return;
    }
    // Take complete lines out before reading on: what is kept stays bounded.
    if (in_.find('\n') != std::string::npos) return;
  }
}

std::optional<std::string> LineChannel::next_line() {
  const std::size_t end = in_.find('\n');
  if (end == std::string::npos) return std::nullopt;
  if (end > longest_) {
    too_long_ = closed_ = true;
    return std::nullopt;
  }
  std::string line = in_.substr(0, end);
  in_.erase(0, end + 1);
  return line;
}

void LineChannel::send(std::string_view line) {
  if (send_closed_) return;
  out_.append(line);
  out_ += '\n';
  flush();
}

void LineChannel::flush() {
  while (!send_closed_ && sent_ < out_.size()) {
    const auto rest = std::as_bytes(std::span(out_).subspan(sent_));
    const platform::Transfer put = endpoint_.write(rest);
    if (put.closed) send_closed_ = true;
    if (put.bytes == 0) break;
    sent_ += put.bytes;
  }
  if (sent_ == out_.size() || send_closed_) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > 65536) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
}

bool LineChannel::drain(int timeout_ms) {
  const std::uint64_t until = platform::now_ns() + static_cast<std::uint64_t>(timeout_ms) * 1'000'000U;
  flush();
  while (!send_closed_ && pending() > 0) {
    const std::uint64_t now = platform::now_ns();
    if (now >= until) return false;
    platform::PollItem item{endpoint_.write_handle(), false, true};
    platform::poll({&item, 1}, static_cast<int>((until - now) / 1'000'000U) + 1);
    flush();
  }
  return !send_closed_;
}

platform::PollItem LineChannel::poll_item() const { return {endpoint_.read_handle(), !closed_, false}; }

void LineChannel::close() {
  endpoint_.close();
  closed_ = send_closed_ = true;
  out_.clear();
  sent_ = 0;
}

}  // namespace carousel
