// The control stream of a producer or consumer: orders in, what happened out; its end means that the supervisor is gone.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/json.hpp"
#include "base/result.hpp"
#include "engine/session/line_channel.hpp"

namespace carousel {

class WorkerLink {
 public:
  /// Takes over the inherited stream.
  WorkerLink();
  ~WorkerLink();
  WorkerLink(const WorkerLink&) = delete;
  WorkerLink& operator=(const WorkerLink&) = delete;

  /// Waits for the first line, the orders. Code::protocol if the stream ends before.
  Result<json::Value> orders();
  /// From now on calls `gone` (from a thread of its own, once) when the supervisor has ended.
  void watch(std::function<void()> gone);
  /// Tells the supervisor; returns when the line is sent, or the supervisor is gone.
  void say(const std::string& line);
  void say_error(const char* what, const Error& error);

 private:
  LineChannel channel_;
  std::thread watcher_;
};

/// `code`, `message`, `offset`, `errno` of an error, as every event carries them.
void add_error(json::Fields& to, const Error& error);
/// The other way round; Code::internal if a field is missing or wrong.
Error error_from(const json::Value& value);

}  // namespace carousel
