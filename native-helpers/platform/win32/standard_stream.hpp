// Standard input or output: whatever kind of handle that is (a pipe made for blocking transfers, a file, a console), it is served by a
// thread of its own, because nothing else can read such a handle without blocking.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <array>
#include <memory>

#include "win32/companion.hpp"
#include "win32/event.hpp"

namespace carousel::platform::win32 {

class StandardStream final : public Companion {
 public:
  enum class Direction { in, out };
  StandardStream(HANDLE handle, Direction direction);
  ~StandardStream() override;

  bool readable() override;
  bool writable() override;
  [[nodiscard]] HANDLE in_event() const override;
  [[nodiscard]] HANDLE out_event() const override;
  Transfer read(std::span<std::byte> into) override;
  Transfer write(std::span<const std::byte> data) override;

 private:
  struct Desk;
  static void serve(const std::shared_ptr<Desk>& desk, Direction direction);
  std::shared_ptr<Desk> desk_;
};

/// A handle under which the standard stream can be waited for, read and written; kNoHandle if this process has none.
/// The system's own handle stays open to the end of the process: closing it would wait for the transfer that is under way.
Handle open_standard(StandardStream::Direction direction);

}  // namespace carousel::platform::win32
