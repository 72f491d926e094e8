// Owners of what the system's C interfaces hand out.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <CoreFoundation/CoreFoundation.h>
#include <IOKit/IOKitLib.h>

#include <utility>

namespace carousel::platform::darwin {

/// A CoreFoundation object whose reference is ours ("Create" and "Copy" functions).
template <class Ref>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Ref ref) : ref_(ref) {}
  Owned(Owned&& other) noexcept : ref_(std::exchange(other.ref_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(ref_, other.ref_);
    return *this;
  }
  ~Owned() {
    if (ref_ != nullptr) CFRelease(ref_);
  }
  [[nodiscard]] Ref get() const { return ref_; }
  explicit operator bool() const { return ref_ != nullptr; }

 private:
  Ref ref_ = nullptr;
};

/// An entry of the I/O registry, or an iterator over some.
class Entry {
 public:
  Entry() = default;
  explicit Entry(io_object_t object) : object_(object) {}
  Entry(Entry&& other) noexcept : object_(std::exchange(other.object_, IO_OBJECT_NULL)) {}
  Entry& operator=(Entry&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Entry() {
    if (object_ != IO_OBJECT_NULL) IOObjectRelease(object_);
  }
  [[nodiscard]] io_object_t get() const { return object_; }
  explicit operator bool() const { return object_ != IO_OBJECT_NULL; }

 private:
  io_object_t object_ = IO_OBJECT_NULL;
};

}  // namespace carousel::platform::darwin
