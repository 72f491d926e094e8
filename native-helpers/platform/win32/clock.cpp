// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/clock.hpp"

#include "win32/windows.hpp"

namespace carousel::platform {

std::uint64_t now_ns() noexcept {
  static const std::uint64_t per_second = [] {
    LARGE_INTEGER f;
    QueryPerformanceFrequency(&f);
    return static_cast<std::uint64_t>(f.QuadPart);
  }();
  LARGE_INTEGER t;
  QueryPerformanceCounter(&t);
  const auto ticks = static_cast<std::uint64_t>(t.QuadPart);
  // In two parts, so that it does not overflow after some days.
  return ticks / per_second * 1'000'000'000U + ticks % per_second * 1'000'000'000U / per_second;
}

void sleep_ms(std::uint32_t milliseconds) noexcept { Sleep(milliseconds); }

}  // namespace carousel::platform
