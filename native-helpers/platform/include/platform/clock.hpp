// Time for measuring, never for dates.
#pragma once

#include <cstdint>

namespace carousel::platform {

/// Nanoseconds of a clock that never goes back; its zero has no meaning.
std::uint64_t now_ns() noexcept;

/// Waits that many milliseconds.
void sleep_ms(std::uint32_t milliseconds) noexcept;

}  // namespace carousel::platform
