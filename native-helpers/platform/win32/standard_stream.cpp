// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/standard_stream.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

namespace carousel::platform::win32 {
namespace {

constexpr std::size_t kChunk = 16384;

/// One blocking transfer; nothing if the stream is at its end or broken.
template <class Call>
DWORD transfer(HANDLE handle, HANDLE event, Call call) {
  // A pipe may have been opened for overlapped transfers by whoever gave it to us; asked this way both kinds do the same.
  const bool is_pipe = GetFileType(handle) == FILE_TYPE_PIPE;
  OVERLAPPED request{};
  request.hEvent = event;
  DWORD bytes = 0;
  if (call(&bytes, is_pipe ? &request : nullptr) != FALSE) return bytes;
  if (!is_pipe || GetLastError() != ERROR_IO_PENDING) return 0;
  return GetOverlappedResult(handle, &request, &bytes, TRUE) != FALSE ? bytes : 0;
}

}  // namespace

/// Where the thread and the rest of the process meet.
struct StandardStream::Desk {
  HANDLE handle = nullptr;
  std::mutex lock;
  std::condition_variable asked;
  Event ready;        ///< a transfer has ended since it was asked for
  Event overlapped;   ///< the system's, for the transfer itself
  bool wanted = false, over = false, quit = false;
  std::size_t begin = 0, end = 0;  ///< in: what has been read; out: what is to be written, 0 .. end
  std::size_t written = 0;         ///< out: result not yet told
  std::array<std::byte, kChunk> buffer;
};

void StandardStream::serve(const std::shared_ptr<Desk>& desk, Direction direction) {
  std::unique_lock guard(desk->lock);
  while (!desk->over) {
    desk->asked.wait(guard, [&] { return desk->wanted || desk->quit; });
    if (desk->quit) return;
    const auto size = static_cast<DWORD>(direction == Direction::in ? kChunk : desk->end - desk->begin);
    std::byte* const at = desk->buffer.data() + (direction == Direction::in ? 0 : desk->begin);
    guard.unlock();
    const DWORD n = transfer(desk->handle, desk->overlapped.get(), [&](DWORD* bytes, OVERLAPPED* how) {
      return direction == Direction::in ? ReadFile(desk->handle, at, size, bytes, how) : WriteFile(desk->handle, at, size, bytes, how);
    });
    guard.lock();
    if (n == 0) desk->over = true;
    if (direction == Direction::in) {
      desk->begin = 0;
      desk->end = n;
      desk->wanted = false;
    } else {
      desk->begin += n;
      desk->wanted = !desk->over && desk->begin < desk->end;
      if (!desk->wanted && !desk->over) desk->written = desk->end;
    }
    if (!desk->wanted) desk->ready.set();
  }
}

StandardStream::StandardStream(HANDLE handle, Direction direction) : desk_(std::make_shared<Desk>()) {
  desk_->handle = handle;
  std::thread([desk = desk_, direction] { serve(desk, direction); }).detach();
}

StandardStream::~StandardStream() {
  const std::lock_guard guard(desk_->lock);
  desk_->quit = true;
  desk_->asked.notify_one();
}

HANDLE StandardStream::in_event() const { return desk_->ready.get(); }
HANDLE StandardStream::out_event() const { return desk_->ready.get(); }

bool StandardStream::readable() {
  const std::lock_guard guard(desk_->lock);
  if (desk_->over || desk_->begin < desk_->end) return true;
  if (!desk_->wanted) {
    desk_->ready.reset();
    desk_->wanted = true;
    desk_->asked.notify_one();
  }
  return false;
}

Transfer StandardStream::read(std::span<std::byte> into) {
  if (!readable()) return {};
  const std::lock_guard guard(desk_->lock);
  const std::size_t n = std::min(into.size(), desk_->end - desk_->begin);
  if (n == 0) return {0, desk_->over};
  std::memcpy(into.data(), desk_->buffer.data() + desk_->begin, n);
  desk_->begin += n;
  return {n, false};
}

bool StandardStream::writable() {
  const std::lock_guard guard(desk_->lock);
  return desk_->over || !desk_->wanted;
}

/// Bytes count when the system has taken them, as with PipeStream.
Transfer StandardStream::write(std::span<const std::byte> data) {
  const std::lock_guard guard(desk_->lock);
  if (desk_->written > 0) return {std::exchange(desk_->written, 0), false};
  if (desk_->over) return {0, true};
  if (desk_->wanted || data.empty()) return {};
  desk_->begin = 0;
  desk_->end = std::min(data.size(), kChunk);
  std::memcpy(desk_->buffer.data(), data.data(), desk_->end);
  desk_->ready.reset();
  desk_->wanted = true;
  desk_->asked.notify_one();
  return {};
}

Handle open_standard(StandardStream::Direction direction) {
  HANDLE handle = GetStdHandle(direction == StandardStream::Direction::in ? STD_INPUT_HANDLE : STD_OUTPUT_HANDLE);
  if (handle == nullptr || handle == INVALID_HANDLE_VALUE) return Handle();
  Handle name = Event().duplicate();
  if (name.valid()) attach(name.get(), std::make_shared<StandardStream>(handle, direction));
  return name;
}

}  // namespace carousel::platform::win32
