// Streams are named pipes with a random name, opened for overlapped transfers at both ends: anonymous pipes cannot be waited for, and
// sockets would be open to the network stack.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/endpoint.hpp"

#include <algorithm>

#include "platform/system_error.hpp"
#include "win32/inherited.hpp"
#include "win32/pipe_stream.hpp"
#include "win32/random.hpp"
#include "win32/standard_stream.hpp"
#include "win32/user.hpp"
#include "win32/wait.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

constexpr DWORD kPipeBuffer = 65536;

/// What stands behind a handle; 0, which no handle of this system is, means standard input, as it does where handles are small numbers.
std::shared_ptr<Companion> stream_of(NativeHandle handle) {
  if (handle != 0) return companion_of(handle);
  static Handle& input = *new Handle(open_standard(StandardStream::Direction::in));
  return companion_of(input.get());
}

}  // namespace

Result<std::pair<Endpoint, Endpoint>> Endpoint::pair() {
  const std::wstring random = random_name();
  if (random.empty()) return system_error(Code::internal, "cannot make a pipe", ERROR_NOT_READY);
  const std::wstring name = L"\\\\.\\pipe\\carousel-pair-" + random;
  OwnUserOnly security;
  // One instance: whoever connects first is the only one, and that is us, or the next line fails.
  HANDLE ours = CreateNamedPipeW(name.c_str(), PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                                 PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, kPipeBuffer, kPipeBuffer, 0, security.get());
  if (ours == INVALID_HANDLE_VALUE) return system_error(Code::internal, "cannot make a pipe", last_error());
  HANDLE theirs = CreateFileW(name.c_str(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                              FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION, nullptr);
  if (theirs == INVALID_HANDLE_VALUE) {
    const int error = last_error();
    CloseHandle(ours);
    return system_error(Code::internal, "cannot connect a pipe", error);
  }
  return std::pair(Endpoint(adopt_pipe(ours)), Endpoint(adopt_pipe(theirs)));
}

Endpoint Endpoint::standard() {
  // A helper that a broker started has one stream both ways, which is no standard input.
  if (const NativeHandle served = inherited(kServedVariable); served != kNoHandle) return adopt(served);
  return {open_standard(StandardStream::Direction::in), open_standard(StandardStream::Direction::out)};
}

Endpoint Endpoint::adopt(NativeHandle handle) { return handle == kNoHandle ? Endpoint() : Endpoint(adopt_pipe(raw(handle))); }

Transfer Endpoint::read(std::span<std::byte> into) { return read_some(read_handle(), into); }

Transfer Endpoint::read_some(NativeHandle handle, std::span<std::byte> into) {
  const std::shared_ptr<Companion> stream = stream_of(handle);
  return stream ? stream->read(into) : Transfer{0, true};
}

Transfer Endpoint::write(std::span<const std::byte> data) {
  const std::shared_ptr<Companion> stream = stream_of(write_handle());
  return stream ? stream->write(data) : Transfer{0, true};
}

void poll(std::span<PollItem> items, int timeout_ms) {
  std::vector<std::shared_ptr<Companion>> streams;
  std::vector<HANDLE> events;
  for (const PollItem& item : items) streams.push_back(stream_of(item.handle));
  const auto look = [&] {
    bool any = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].can_read = items[i].want_read && streams[i] && streams[i]->readable();
      items[i].can_write = items[i].want_write && streams[i] && streams[i]->writable();
      any = any || items[i].can_read || items[i].can_write;
    }
    return any;
  };
  if (look() || timeout_ms == 0) return;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].want_read && streams[i] && streams[i]->in_event() != nullptr) events.push_back(streams[i]->in_event());
    if (items[i].want_write && streams[i] && streams[i]->out_event() != nullptr) events.push_back(streams[i]->out_event());
  }
  std::sort(events.begin(), events.end());
  events.erase(std::unique(events.begin(), events.end()), events.end());
  wait_for_any(events, timeout_ms < 0 ? INFINITE : static_cast<DWORD>(timeout_ms));
  look();
}

}  // namespace carousel::platform
