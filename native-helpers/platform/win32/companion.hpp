// What belongs to one system handle and goes with it. A HANDLE alone cannot do what a file descriptor can: be waited for and read without
// blocking, or take the locks that came with it along when it is closed. The rest is kept here, found by the handle's number.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "platform/endpoint.hpp"
#include "win32/windows.hpp"

namespace carousel::platform::win32 {

class Companion {
 public:
  virtual ~Companion() = default;
  /// The handle is about to be closed; nothing may be under way on it afterwards. The destructor comes after the closing.
  virtual void before_close() {}

  /// Something can be read, accepted or taken now, or never again. Starts what is needed for in_event() to tell of it.
  virtual bool readable() { return false; }
  virtual bool writable() { return false; }
  /// Set by the system when readable() or writable() may have become true.
  [[nodiscard]] virtual HANDLE in_event() const { return nullptr; }
  [[nodiscard]] virtual HANDLE out_event() const { return nullptr; }

  virtual Transfer read(std::span<std::byte>) { return {0, true}; }
  virtual Transfer write(std::span<const std::byte>) { return {0, true}; }
};

void attach(NativeHandle handle, std::shared_ptr<Companion> companion);
/// Null if it has none.
std::shared_ptr<Companion> companion_of(NativeHandle handle);

}  // namespace carousel::platform::win32
