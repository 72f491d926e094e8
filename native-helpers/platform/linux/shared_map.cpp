// A sealed memfd: no name in any file system, so nothing can be left behind, and nobody can cut it short under a reader (SIGBUS).
#include "platform/shared_map.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "platform/memory.hpp"
#include "platform/system_error.hpp"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1, linux/mman.h
#endif

namespace carousel::platform {
namespace {

/// Maps the whole file so that its large pages can be large pages in memory too: at an address that is aligned like them.
void* map_aligned(int fd, std::size_t size) {
  const std::size_t room = size + kLargePage;
  void* const reserved = mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return MAP_FAILED;
  std::byte* const from = static_cast<std::byte*>(reserved);
  const std::size_t before = static_cast<std::size_t>(round_up(reinterpret_cast<std::uintptr_t>(from), kLargePage) - reinterpret_cast<std::uintptr_t>(from));
  const std::size_t mapped = static_cast<std::size_t>(round_up(size, kPage));
  void* const at = mmap(from + before, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
  if (at == MAP_FAILED) {
    munmap(reserved, room);
    return MAP_FAILED;
  }
  if (before > 0) munmap(from, before);
  if (before + mapped < room) munmap(from + before + mapped, room - before - mapped);
  return at;
}

}  // namespace

Result<SharedMap> SharedMap::create(std::uint64_t size, std::uint64_t allocated) {
  Handle file(memfd_create("carousel-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file.valid()) return system_error(Code::no_memory, "cannot make the ring", errno);
  const int fd = static_cast<int>(file.get());
  if (fchmod(fd, 0600) != 0 || ftruncate(fd, static_cast<off_t>(size)) != 0) return system_error(Code::no_memory, "cannot make the ring", errno);
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return system_error(Code::internal, "cannot seal the ring", errno);
  }
  Result<SharedMap> map = adopt(file.release());
  if (!map) return map;
  if (Status status = map->allocate(0, allocated); !status) return std::move(status).error();
  return map;
}

Status SharedMap::allocate(std::uint64_t offset, std::uint64_t length) const {
  if (fallocate(static_cast<int>(handle_.get()), 0, static_cast<off_t>(offset), static_cast<off_t>(length)) == 0) return {};
  return system_error(Code::no_memory, "cannot allocate " + std::to_string(length) + " bytes for the ring", errno);
}

void SharedMap::gather(std::uint64_t offset, std::uint64_t length) const noexcept {
  const std::uint64_t from = round_up(offset, kLargePage), to = round_down(offset + length, kLargePage);
  // An older kernel does not know this call, and one that is short of memory has no large pages: small ones do as well.
  if (from < to) madvise(data_ + from, static_cast<std::size_t>(to - from), MADV_COLLAPSE);
}

Result<SharedMap> SharedMap::adopt(NativeHandle handle) {
  SharedMap map;
  map.handle_ = Handle(handle);
  const int fd = static_cast<int>(handle);
  struct stat st{};
  if (fstat(fd, &st) != 0 || st.st_size <= 0) return Error{Code::ring_broken, "the inherited ring is not a file"};
  // A file that could shrink while it is mapped would end the process; only a sealed one is taken.
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) return Error{Code::ring_broken, "the inherited ring is not sealed"};
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  void* at = map_aligned(fd, static_cast<std::size_t>(st.st_size));
  if (at == MAP_FAILED) return system_error(Code::no_memory, "cannot map the ring", errno);
  map.data_ = static_cast<std::byte*>(at);
  map.size_ = static_cast<std::uint64_t>(st.st_size);
  return map;
}

SharedMap::SharedMap(SharedMap&& other) noexcept
    : handle_(std::move(other.handle_)), data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SharedMap& SharedMap::operator=(SharedMap&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

SharedMap::~SharedMap() {
  if (data_ != nullptr) munmap(data_, static_cast<std::size_t>(size_));
}

}  // namespace carousel::platform
