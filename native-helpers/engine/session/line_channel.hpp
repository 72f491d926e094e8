// Lines of JSON over a stream between processes: bounded, never blocking unless asked to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "platform/endpoint.hpp"

namespace carousel {

class LineChannel {
 public:
  LineChannel() = default;
  /// Lines from the other side may be `longest` bytes long.
  explicit LineChannel(platform::Endpoint endpoint, std::size_t longest = json::kMaxLine) : endpoint_(std::move(endpoint)), longest_(longest) {}

  /// Takes in what has arrived; afterwards next_line() gives the complete lines.
  void receive();
  /// The next complete line without its end, in order of arrival.
  std::optional<std::string> next_line();
  /// The other side has closed, broke the stream, or sent a line that is too long.
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool too_long() const { return too_long_; }

  /// Queues one line and sends as much as fits at once.
  void send(std::string_view line);
  /// Sends more of the queue.
  void flush();
  /// Bytes queued and not yet taken by the system.
  [[nodiscard]] std::size_t pending() const { return out_.size() - sent_; }
  [[nodiscard]] bool can_send() const { return !send_closed_; }
  /// Sends everything, waiting at most that long. False if that did not succeed.
  bool drain(int timeout_ms);

  [[nodiscard]] const platform::Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] platform::PollItem poll_item() const;
  void close();

 private:
  platform::Endpoint endpoint_;
  std::size_t longest_ = json::kMaxLine;
  std::string in_, out_;
  std::size_t sent_ = 0;
  bool closed_ = false, send_closed_ = false, too_long_ = false;
};

}  // namespace carousel
