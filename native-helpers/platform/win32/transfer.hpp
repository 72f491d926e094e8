// Reading and writing at an offset with a handle that is not opened for overlapped transfers.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "win32/windows.hpp"

namespace carousel::platform::win32 {

/// Bytes moved, or an error number; 0 bytes without error: the end.
struct Moved {
  std::size_t bytes = 0;
  int error = 0;
};
Moved read_at(HANDLE file, std::uint64_t offset, std::span<std::byte> out);
Moved write_at(HANDLE file, std::uint64_t offset, std::span<const std::byte> data);

}  // namespace carousel::platform::win32
