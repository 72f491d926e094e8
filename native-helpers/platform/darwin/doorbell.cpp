// Named semaphores (sem_open(2)): what lies in the ring is the name, and every process opens the semaphore when it first needs it. The
// calls that wait for an address (os_sync_wait_on_address) would be simpler and are public only from macOS 14.4 on.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/doorbell.hpp"

#include <semaphore.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>

#include "darwin/bells.hpp"
#include "platform/clock.hpp"

namespace carousel::platform {
namespace {

using darwin::bells::Name;

/// Where the semaphore cannot be opened (its maker died before this process first needed it) sleeping becomes looking again and again.
constexpr std::uint32_t kPauseMs = 10;
/// This system has no wait for a semaphore with an end; wait_for() looks this often instead. The copy itself only uses wait().
constexpr std::uint32_t kLookMs = 2;

struct Place {
  std::atomic<std::uint64_t> key;  ///< 0: free
  std::atomic<sem_t*> semaphore;
};

constexpr std::size_t kPlaces = 8192;
std::array<Place, kPlaces> places;

/// One number for a name, never 0.
std::uint64_t key_of(const Name& name) { return (name.family + name.number * 0x9E3779B97F4A7C15U) | 1U; }

/// Finds the place of a name, or takes a free one; null if all are taken. No lock and no memory is asked for: ring() may come from anywhere.
Place* place_of(const Name& name) {
  const std::uint64_t wanted = key_of(name);
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Place& place = places[((wanted >> 20) + i) % kPlaces];
    std::uint64_t key = place.key.load();
    if (key == 0 && place.key.compare_exchange_strong(key, wanted)) return &place;
    if (key == wanted) return &place;
  }
  return nullptr;
}

sem_t* semaphore(const std::byte* storage) {
  const Name name = *reinterpret_cast<const Name*>(storage);
  if (name.family == 0) return nullptr;
  Place* const place = place_of(name);
  if (place == nullptr) return nullptr;
  if (sem_t* const known = place->semaphore.load()) return known;
  sem_t* const opened = darwin::bells::open(name);
  sem_t* expected = nullptr;
  if (opened != nullptr && !place->semaphore.compare_exchange_strong(expected, opened)) {
    // Another thread was faster. Ours stays open as well: where the system gives the same address twice, closing one would close both.
    return expected;
  }
  return opened;
}

}  // namespace

bool Doorbell::init() noexcept {
  static_assert(sizeof(Name) <= kBytes && alignof(Name) <= 16);
  Name name{};
  sem_t* const made = darwin::bells::make(storage_, name);
  if (made == nullptr) return false;
  Place* const place = place_of(name);
  if (place == nullptr) return false;
  place->semaphore.store(made);
  *reinterpret_cast<Name*>(storage_) = name;
  return true;
}

void Doorbell::ring() noexcept {
  if (sem_t* const bell = semaphore(storage_)) sem_post(bell);
}

void Doorbell::wait() noexcept {
  sem_t* const bell = semaphore(storage_);
  if (bell == nullptr) return sleep_ms(kPauseMs);
  while (sem_wait(bell) != 0 && errno == EINTR) {
  }
}

bool Doorbell::wait_for(std::uint32_t milliseconds) noexcept {
  sem_t* const bell = semaphore(storage_);
  const std::uint64_t until = now_ns() + std::uint64_t{milliseconds} * 1'000'000U;
  for (;;) {
    if (bell != nullptr && sem_trywait(bell) == 0) return true;
    const std::uint64_t now = now_ns();
    if (now >= until) return false;
    sleep_ms(std::min<std::uint32_t>(kLookMs, static_cast<std::uint32_t>((until - now) / 1'000'000U) + 1));
  }
}

}  // namespace carousel::platform
