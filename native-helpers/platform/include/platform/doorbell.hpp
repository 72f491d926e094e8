// A process-shared semaphore that lives in the ring: how one process sleeps and another wakes it.
// It decides nothing: a lost or an extra ring may cost time, never data.
#pragma once

#include <cstddef>
#include <cstdint>

namespace carousel::platform {

/// Sits in shared memory; never copied. init() once by the maker of the ring, then used by any process that maps it.
class alignas(64) Doorbell {
 public:
  Doorbell() = default;
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  /// Makes the semaphore with count 0; false if the system cannot.
  bool init() noexcept;
  /// Wakes one sleeper, or the next one that would sleep. Async-signal-safe.
  void ring() noexcept;
  /// Sleeps until rung.
  void wait() noexcept;
  /// Sleeps until rung or that many milliseconds have passed; true if rung.
  bool wait_for(std::uint32_t milliseconds) noexcept;

 private:
  static constexpr std::size_t kBytes = 64;
  alignas(16) std::byte storage_[kBytes];
};

}  // namespace carousel::platform
