// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/pipe_stream.hpp"

#include <algorithm>
#include <cstring>

namespace carousel::platform::win32 {

/// How far the request of this half has come, without waiting.
PipeStream::Progress PipeStream::outcome(Half& half, DWORD& bytes) {
  if (GetOverlappedResult(pipe_, &half.request, &bytes, FALSE) != FALSE) {
    half.pending = false;
    return Progress::done;
  }
  if (GetLastError() == ERROR_IO_INCOMPLETE) return Progress::waiting;
  half.pending = false;
  half.closed = true;
  return Progress::broken;
}

PipeStream::Progress PipeStream::begin_read(DWORD& bytes) {
  in_.request = {};
  in_.request.hEvent = in_.event.get();
  if (ReadFile(pipe_, in_.buffer.data(), static_cast<DWORD>(kChunk), nullptr, &in_.request) != FALSE || GetLastError() == ERROR_IO_PENDING) {
    in_.pending = true;
    return outcome(in_, bytes);
  }
  in_.closed = true;
  return Progress::broken;
}

/// Takes in what has arrived; if nothing has, a read is under way afterwards.
void PipeStream::look_for_input() {
  while (!in_.closed && in_.begin == in_.end) {
    DWORD bytes = 0;
    const Progress progress = in_.pending ? outcome(in_, bytes) : begin_read(bytes);
    if (progress != Progress::done) return;
    // Nothing at all: the other side wrote zero bytes, which means nothing in a stream.
    in_.begin = 0;
    in_.end = bytes;
  }
}

bool PipeStream::readable() {
  const std::lock_guard guard(in_.lock);
  look_for_input();
  return in_.closed || in_.begin < in_.end;
}

Transfer PipeStream::read(std::span<std::byte> into) {
  const std::lock_guard guard(in_.lock);
  look_for_input();
  const std::size_t n = std::min(into.size(), in_.end - in_.begin);
  if (n == 0) return {0, in_.closed};
  std::memcpy(into.data(), in_.buffer.data() + in_.begin, n);
  in_.begin += n;
  return {n, false};
}

bool PipeStream::writable() {
  const std::lock_guard guard(out_.lock);
  return out_.closed || !out_.pending || HasOverlappedIoCompleted(&out_.request);
}

Transfer PipeStream::write(std::span<const std::byte> data) {
  const std::lock_guard guard(out_.lock);
  if (out_.closed) return {0, true};
  if (data.empty()) return {};
  if (!out_.pending) {
    const std::size_t n = std::min(data.size(), kChunk);
    std::memcpy(out_.buffer.data(), data.data(), n);
    out_.request = {};
    out_.request.hEvent = out_.event.get();
    if (WriteFile(pipe_, out_.buffer.data(), static_cast<DWORD>(n), nullptr, &out_.request) == FALSE && GetLastError() != ERROR_IO_PENDING) {
      out_.closed = true;
      return {0, true};
    }
    out_.pending = true;
  }
  DWORD bytes = 0;
  const Progress progress = outcome(out_, bytes);
  return {progress == Progress::done ? bytes : 0, progress == Progress::broken};
}

void PipeStream::end(Half& half) {
  const std::lock_guard guard(half.lock);
  half.closed = true;
  if (!half.pending) return;
  // The system writes into our buffer until it says that it has stopped.
  DWORD bytes = 0;
  CancelIoEx(pipe_, &half.request);
  GetOverlappedResult(pipe_, &half.request, &bytes, TRUE);
  half.pending = false;
}

void PipeStream::before_close() {
  end(in_);
  end(out_);
}

Handle adopt_pipe(HANDLE pipe) {
  const NativeHandle handle = native(pipe);
  attach(handle, std::make_shared<PipeStream>(pipe));
  return Handle(handle);
}

}  // namespace carousel::platform::win32
