// A semaphore of this system is a kernel object and cannot lie in shared memory. What lies there is a random name; every process opens the
// semaphore by it when it first needs it, and keeps it open. The name is gone with the last process that has it open.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/doorbell.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <cwchar>
#include <span>

#include "win32/random.hpp"
#include "win32/windows.hpp"

namespace carousel::platform {
namespace {

/// A ring has 65 doorbells and a process one ring; a process that makes rings without end (a test) may come to about 60 of them.
constexpr std::size_t kPlaces = 4096;
constexpr LONG kMostRings = 0x7fffffff;
/// Where the semaphore cannot be opened (its maker died before this process first needed it) sleeping becomes looking again and again.
constexpr DWORD kPauseMs = 10;

/// What lies in the shared memory.
struct Name {
  std::uint64_t high, low;
};

struct Place {
  std::atomic<std::uint64_t> key;  ///< Name::low, never 0; 0: free
  std::atomic<HANDLE> semaphore;
};

std::array<Place, kPlaces> places;

const Name& name_in(const std::byte* storage) { return *reinterpret_cast<const Name*>(storage); }

HANDLE open_or_make(const Name& name, bool make) {
  wchar_t text[64];
  std::swprintf(text, 64, L"Local\\carousel-bell-%016llx%016llx", static_cast<unsigned long long>(name.high),
                static_cast<unsigned long long>(name.low));
  if (!make) return OpenSemaphoreW(SEMAPHORE_MODIFY_STATE | SYNCHRONIZE, FALSE, text);
  HANDLE made = CreateSemaphoreW(nullptr, 0, kMostRings, text);
  if (made != nullptr && GetLastError() == ERROR_ALREADY_EXISTS) CloseHandle(made), made = nullptr;
  return made;
}

/// Finds the place of a name, or takes a free one; null if all are taken. No lock and no memory is asked for: ring() may come from anywhere.
Place* place_of(const Name& name) {
  for (std::size_t i = 0; i < kPlaces; ++i) {
    Place& place = places[(name.low + i) % kPlaces];
    std::uint64_t key = place.key.load();
    if (key == 0 && place.key.compare_exchange_strong(key, name.low)) return &place;
    if (key == name.low) return &place;
  }
  return nullptr;
}

HANDLE semaphore(const std::byte* storage) {
  const Name name = name_in(storage);
  if (name.low == 0) return nullptr;
  Place* const place = place_of(name);
  if (place == nullptr) return nullptr;
  if (HANDLE known = place->semaphore.load()) return known;
  HANDLE opened = open_or_make(name, false);
  HANDLE expected = nullptr;
  if (opened != nullptr && !place->semaphore.compare_exchange_strong(expected, opened)) {
    CloseHandle(opened);  // another thread was faster
    return expected;
  }
  return opened;
}

}  // namespace

bool Doorbell::init() noexcept {
  static_assert(sizeof(Name) <= kBytes && alignof(Name) <= 16);
  Name name{};
  if (!win32::random_bytes(std::as_writable_bytes(std::span(&name, 1)))) return false;
  name.low |= 1;
  Place* const place = place_of(name);
  if (place == nullptr) return false;
  HANDLE made = open_or_make(name, true);
  if (made == nullptr) return false;
  place->semaphore.store(made);
  *reinterpret_cast<Name*>(storage_) = name;
  return true;
}

void Doorbell::ring() noexcept {
  if (HANDLE bell = semaphore(storage_)) ReleaseSemaphore(bell, 1, nullptr);
}

void Doorbell::wait() noexcept {
  HANDLE bell = semaphore(storage_);
  if (bell == nullptr || WaitForSingleObject(bell, INFINITE) != WAIT_OBJECT_0) Sleep(kPauseMs);
}

bool Doorbell::wait_for(std::uint32_t milliseconds) noexcept {
  HANDLE bell = semaphore(storage_);
  if (bell != nullptr) return WaitForSingleObject(bell, milliseconds) == WAIT_OBJECT_0;
  Sleep(milliseconds);
  return false;
}

}  // namespace carousel::platform
