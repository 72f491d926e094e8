// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/transfer.hpp"

#include <algorithm>

namespace carousel::platform::win32 {
namespace {

/// A multiple of every sector size, and within what one call can say.
constexpr std::size_t kMost = std::size_t{1} << 30;

OVERLAPPED at(std::uint64_t offset) {
  OVERLAPPED place{};
  place.Offset = static_cast<DWORD>(offset);
  place.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return place;
}

}  // namespace

Moved read_at(HANDLE file, std::uint64_t offset, std::span<std::byte> out) {
  OVERLAPPED place = at(offset);
  DWORD bytes = 0;
  if (ReadFile(file, out.data(), static_cast<DWORD>(std::min(out.size(), kMost)), &bytes, &place) != FALSE) return {bytes, 0};
  const int error = last_error();
  return error == ERROR_HANDLE_EOF ? Moved{} : Moved{0, error};
}

Moved write_at(HANDLE file, std::uint64_t offset, std::span<const std::byte> data) {
  OVERLAPPED place = at(offset);
  DWORD bytes = 0;
  if (WriteFile(file, data.data(), static_cast<DWORD>(std::min(data.size(), kMost)), &bytes, &place) != FALSE) return {bytes, 0};
  return {0, last_error()};
}

}  // namespace carousel::platform::win32
