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
  /// Makes it, readable and writable by this user only, with its size sealed and the pages of its first `allocated` bytes allocated.
  /// Code::no_memory.
  static Result<SharedMap> create(std::uint64_t size, std::uint64_t allocated);
  /// Maps one that was inherited; takes ownership of the handle.
  static Result<SharedMap> adopt(NativeHandle handle);

  SharedMap() = default;
  SharedMap(SharedMap&& other) noexcept;
  SharedMap& operator=(SharedMap&& other) noexcept;
  ~SharedMap();

  /// Allocates the pages of one more part, from any process that has it mapped: memory that was not allocated must not be touched, because a
  /// lack of it would end the process. Does nothing where create() allocates all of it. Code::no_memory.
  [[nodiscard]] Status allocate(std::uint64_t offset, std::uint64_t length) const;
  /// Puts an allocated part that nobody has touched yet into large pages, as far as it is made of whole ones (kLargePage) and the system has them:
  /// one page fault in each process instead of hundreds, and fewer misses of the address caches. Where it cannot be had nothing changes.
  void gather(std::uint64_t offset, std::uint64_t length) const noexcept;

  [[nodiscard]] std::byte* data() const { return data_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] NativeHandle handle() const { return handle_.get(); }

 private:
  Handle handle_;
  std::byte* data_ = nullptr;
  std::uint64_t size_ = 0;
};

}  // namespace carousel::platform
