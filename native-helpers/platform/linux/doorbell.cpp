// POSIX unnamed semaphores, process-shared (sem_init(3) with pshared = 1).
#include "platform/doorbell.hpp"

#include <semaphore.h>
#include <time.h>

#include <cerrno>

namespace carousel::platform {
namespace {
sem_t* semaphore(std::byte* storage) { return reinterpret_cast<sem_t*>(storage); }
}  // namespace

bool Doorbell::init() noexcept {
  static_assert(sizeof(sem_t) <= kBytes && alignof(sem_t) <= 16);
  return sem_init(semaphore(storage_), 1, 0) == 0;
}

void Doorbell::ring() noexcept { sem_post(semaphore(storage_)); }

void Doorbell::wait() noexcept {
  while (sem_wait(semaphore(storage_)) != 0 && errno == EINTR) {
  }
}

bool Doorbell::wait_for(std::uint32_t milliseconds) noexcept {
  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += static_cast<time_t>(milliseconds / 1000);
  until.tv_nsec += static_cast<long>(milliseconds % 1000) * 1'000'000L;
  if (until.tv_nsec >= 1'000'000'000L) ++until.tv_sec, until.tv_nsec -= 1'000'000'000L;
  int rc = 0;
  while ((rc = sem_clockwait(semaphore(storage_), CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR) {
  }
  return rc == 0;
}

}  // namespace carousel::platform
