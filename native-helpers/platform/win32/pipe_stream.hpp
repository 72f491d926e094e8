// A pipe that was opened for overlapped transfers, made into a stream that never blocks.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <array>
#include <mutex>

#include "win32/companion.hpp"
#include "win32/event.hpp"

namespace carousel::platform::win32 {

/// Reading runs ahead by one buffer. A write that the pipe has no room for stays under way and counts as nothing until it is done; the
/// next call must come with the same bytes again, and is told then that they have gone. So nothing counts as sent that would die with us.
class PipeStream final : public Companion {
 public:
  explicit PipeStream(HANDLE pipe) : pipe_(pipe) {}

  void before_close() override;
  bool readable() override;
  bool writable() override;
  [[nodiscard]] HANDLE in_event() const override { return in_.event.get(); }
  [[nodiscard]] HANDLE out_event() const override { return out_.event.get(); }
  Transfer read(std::span<std::byte> into) override;
  Transfer write(std::span<const std::byte> data) override;

 private:
  static constexpr std::size_t kChunk = 16384;
  struct Half {
    std::mutex lock;
    OVERLAPPED request{};
    Event event;
    bool pending = false, closed = false;
    std::size_t begin = 0, end = 0;
    std::array<std::byte, kChunk> buffer;
  };
  enum class Progress { done, waiting, broken };
  Progress outcome(Half& half, DWORD& bytes);
  Progress begin_read(DWORD& bytes);
  void look_for_input();
  void end(Half& half);

  HANDLE pipe_;
  Half in_, out_;
};

/// Owns the pipe from here on; it can be waited for, read and written by its number.
Handle adopt_pipe(HANDLE pipe);

}  // namespace carousel::platform::win32
