// Ownership of one system handle (a file descriptor, a HANDLE).
#pragma once

#include <cstdint>
#include <utility>

namespace carousel::platform {

using NativeHandle = std::intptr_t;
inline constexpr NativeHandle kNoHandle = -1;

/// Closes a system handle.
void close_native(NativeHandle handle) noexcept;

/// Owns one system handle; move-only.
class Handle {
 public:
  Handle() = default;
  explicit Handle(NativeHandle native) noexcept : native_(native) {}
  Handle(Handle&& other) noexcept : native_(std::exchange(other.native_, kNoHandle)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      native_ = std::exchange(other.native_, kNoHandle);
    }
    return *this;
  }
  ~Handle() { reset(); }

  [[nodiscard]] NativeHandle get() const noexcept { return native_; }
  [[nodiscard]] bool valid() const noexcept { return native_ != kNoHandle; }
  [[nodiscard]] NativeHandle release() noexcept { return std::exchange(native_, kNoHandle); }
  void reset() noexcept {
    if (valid()) close_native(std::exchange(native_, kNoHandle));
  }

 private:
  NativeHandle native_ = kNoHandle;
};

}  // namespace carousel::platform
