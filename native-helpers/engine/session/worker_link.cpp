#include "engine/session/worker_link.hpp"

#include <array>

#include "platform/process.hpp"
#include "platform/system_error.hpp"

namespace carousel {

WorkerLink::WorkerLink() : channel_(platform::inherited_control()) {}

WorkerLink::~WorkerLink() {
  // The watcher sits in a wait for the supervisor; the process ends right after this, and takes it along.
  if (watcher_.joinable()) watcher_.detach();
}

Result<json::Value> WorkerLink::orders() {
  for (;;) {
    channel_.receive();
    if (const std::optional<std::string> line = channel_.next_line()) return json::parse(*line);
    if (channel_.closed()) return Error{Code::protocol, "no orders from the supervisor"};
    platform::PollItem item = channel_.poll_item();
    platform::poll({&item, 1}, -1);
  }
}

void WorkerLink::watch(std::function<void()> gone) {
  // Reads only; writing stays with the main thread. Nothing is expected but the end of the stream.
  watcher_ = std::thread([handle = channel_.endpoint().read_handle(), gone = std::move(gone)] {
    std::array<std::byte, 64> rest;
    for (;;) {
      platform::PollItem item{handle, true, false};
      platform::poll({&item, 1}, -1);
      if (item.can_read && platform::Endpoint::read_some(handle, rest).closed) break;
    }
    gone();
  });
}

void WorkerLink::say(const std::string& line) {
  channel_.send(line);
  // However long the supervisor stands still: what it has not heard by the end of this process (a bad place, say) it would take for good.
  while (channel_.can_send() && channel_.pending() > 0) channel_.drain(60'000);
}

void WorkerLink::say_error(const char* what, const Error& error) {
  json::Fields fields;
  fields.add("say", what);
  add_error(fields, error);
  say(fields.str());
}

void add_error(json::Fields& to, const Error& error) {
  to.add("code", to_text(error.code)).add("message", error.what);
  if (error.offset) to.add("offset", *error.offset);
  if (error.os != 0) {
    to.add("errno", platform::error_name(error.os));
  } else if (!error.os_name.empty()) {
    to.add("errno", error.os_name);
  }
}

Error error_from(const json::Value& value) {
  Error error;
  const json::Value* code = value.find("code");
  const json::Value* message = value.find("message");
  const json::Value* offset = value.find("offset");
  if (code != nullptr && code->string() != nullptr) error.code = code_from(*code->string()).value_or(Code::internal);
  if (message != nullptr && message->string() != nullptr) error.what = *message->string();
  const json::Value* name = value.find("errno");
  if (name != nullptr && name->string() != nullptr) error.os_name = *name->string();
  if (offset != nullptr) error.offset = offset->whole();
  return error;
}

}  // namespace carousel
