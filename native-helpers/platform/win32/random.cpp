// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/random.hpp"

#include <array>

#include "base/bytes.hpp"
#include "win32/text.hpp"
#include "win32/windows.hpp"

#include <bcrypt.h>

namespace carousel::platform::win32 {

bool random_bytes(std::span<std::byte> into) {
  return BCryptGenRandom(nullptr, reinterpret_cast<PUCHAR>(into.data()), static_cast<ULONG>(into.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0;
}

std::wstring random_name() {
  std::array<std::byte, 16> bytes;
  return random_bytes(bytes) ? wide(hex(bytes)) : std::wstring();
}

}  // namespace carousel::platform::win32
