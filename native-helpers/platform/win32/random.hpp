// Names nobody else can guess or have taken.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace carousel::platform::win32 {

[[nodiscard]] bool random_bytes(std::span<std::byte> into);
/// 32 hexadecimal digits; empty if the system gives no random bytes.
std::wstring random_name();

}  // namespace carousel::platform::win32
