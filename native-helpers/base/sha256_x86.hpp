// SHA-256's inner loop with the processor's own instructions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace carousel {

/// Takes `count` blocks of 64 bytes into the state of a SHA-256.
using Sha256Blocks = void (*)(std::array<std::uint32_t, 8>& state, const std::byte* blocks, std::size_t count);

/// The one for this processor; null if it has no such instructions.
Sha256Blocks sha256_of_processor();

}  // namespace carousel
