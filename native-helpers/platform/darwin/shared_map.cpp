// POSIX shared memory under a random name that is removed again at once: processes get it by inheriting the descriptor. This system lets
// its length be set only once, so nobody can cut it short under a reader; that takes the place of a seal.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/shared_map.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <utility>

#include "base/bytes.hpp"
#include "darwin/bells.hpp"
#include "platform/system_error.hpp"

namespace carousel::platform {
namespace {

/// The system rounds a length up to whole pages and forgets the true one, so that is kept in a page of its own after the end.
struct Trailer {
  std::uint64_t mark, size;
};
constexpr std::uint64_t kMark = 0x6c65737561726f63;

std::uint64_t page() { return static_cast<std::uint64_t>(getpagesize()); }
std::uint64_t mapped_length(std::uint64_t size) { return round_up(size, page()) + page(); }
Trailer* trailer_of(std::byte* data, std::uint64_t length) { return reinterpret_cast<Trailer*>(data + length - page()); }

}  // namespace

Result<SharedMap> SharedMap::create(std::uint64_t size, std::uint64_t /*allocated*/) {
  std::uint64_t random = 0;
  arc4random_buf(&random, sizeof random);
  char name[32];  // 31 characters are the most this system takes
  std::snprintf(name, sizeof name, "/carousel-%016" PRIx64, random);
  Handle memory(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
  if (!memory.valid()) return system_error(Code::no_memory, "cannot make the ring", errno);
  shm_unlink(name);
  const int fd = static_cast<int>(memory.get());
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  const std::uint64_t length = mapped_length(size);
  if (ftruncate(fd, static_cast<off_t>(length)) != 0) {
    return system_error(Code::no_memory, "cannot allocate " + std::to_string(size) + " bytes for the ring", errno);
  }
  void* at = mmap(nullptr, static_cast<std::size_t>(length), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return system_error(Code::no_memory, "cannot map the ring", errno);
  SharedMap map;
  map.handle_ = std::move(memory);
  map.data_ = static_cast<std::byte*>(at);
  map.size_ = size;
  // Every page is touched once, so that a lack of memory shows before the copy begins.
  for (std::uint64_t i = 0; i < length; i += page()) *reinterpret_cast<volatile std::byte*>(map.data_ + i) = std::byte{0};
  *trailer_of(map.data_, length) = {kMark, size};
  return map;
}

Status SharedMap::allocate(std::uint64_t, std::uint64_t) const { return {}; }

void SharedMap::gather(std::uint64_t, std::uint64_t) const noexcept {}

Result<SharedMap> SharedMap::adopt(NativeHandle handle) {
  SharedMap map;
  map.handle_ = Handle(handle);
  const int fd = static_cast<int>(handle);
  struct stat st{};
  if (fstat(fd, &st) != 0 || st.st_size <= 0) return Error{Code::ring_broken, "the inherited ring is no shared memory"};
  const auto length = static_cast<std::uint64_t>(st.st_size);
  if (length < 2 * page() || length % page() != 0) return Error{Code::ring_broken, "the inherited ring has a wrong length"};
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  void* at = mmap(nullptr, static_cast<std::size_t>(length), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at == MAP_FAILED) return system_error(Code::no_memory, "cannot map the ring", errno);
  const Trailer trailer = *trailer_of(static_cast<std::byte*>(at), length);
  if (trailer.mark != kMark || trailer.size == 0 || trailer.size > length || mapped_length(trailer.size) != length) {
    munmap(at, static_cast<std::size_t>(length));
    return Error{Code::ring_broken, "the inherited ring does not know its size"};
  }
  map.data_ = static_cast<std::byte*>(at);
  map.size_ = trailer.size;
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
  if (data_ == nullptr) return;
  // The names of its semaphores go with the ring; who has them open keeps them.
  darwin::bells::remove_within(data_, static_cast<std::size_t>(size_));
  munmap(data_, static_cast<std::size_t>(mapped_length(size_)));
}

}  // namespace carousel::platform
