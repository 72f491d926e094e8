// A manual-reset event of the system, owned.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

class Event {
 public:
  Event() : handle_(CreateEventW(nullptr, TRUE, FALSE, nullptr)) {}
  ~Event() {
    if (handle_ != nullptr) CloseHandle(handle_);
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  [[nodiscard]] HANDLE get() const { return handle_; }
  [[nodiscard]] bool valid() const { return handle_ != nullptr; }
  void set() { SetEvent(handle_); }
  void reset() { ResetEvent(handle_); }
  [[nodiscard]] bool is_set() const { return WaitForSingleObject(handle_, 0) == WAIT_OBJECT_0; }
  /// A second handle to the same event, for an owner of its own.
  [[nodiscard]] Handle duplicate() const {
    HANDLE copy = nullptr;
    DuplicateHandle(GetCurrentProcess(), handle_, GetCurrentProcess(), &copy, 0, FALSE, DUPLICATE_SAME_ACCESS);
    return Handle(native(copy));
  }

 private:
  HANDLE handle_;
};

}  // namespace carousel::platform::win32
