// Memory shared by the processes of one job: the ring file, mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "platform/handle.hpp"

namespace carousel::platform {

/// A mapped shared file. It has no name that could be left behind: processes get it by inheriting the handle.
class SharedMap {
 public:
  /// Makes it, readable and writable by this user only, with every page allocated and its size sealed. Code::no_memory.
  static Result<SharedMap> create(std::uint64_t size);
  /// Maps one that was inherited; takes ownership of the handle.
  static Result<SharedMap> adopt(NativeHandle handle);

  SharedMap() = default;
  SharedMap(SharedMap&& other) noexcept;
  SharedMap& operator=(SharedMap&& other) noexcept;
  ~SharedMap();

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] NativeHandle handle() const { return handle_.get(); }

 private:
  Handle handle_;
  std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace carousel::platform
