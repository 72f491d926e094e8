// Memory of one process in large pages.
#pragma once

#include "base/bytes.hpp"

namespace carousel::platform {

/// Large pages of the processor, where the system has them, have this size and alignment.
inline constexpr std::size_t kLargePage = 2 * MiB;

/// At least `size` bytes for transfers. Half a large page and more comes in large pages where the system gives any: one page fault instead of
/// hundreds, which cost more than the transfer itself on some virtual machines.
AlignedBuffer transfer_buffer(std::size_t size);

}  // namespace carousel::platform
