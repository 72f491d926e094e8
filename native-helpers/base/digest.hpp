// The digest of one block: XXH3-128 (xxHash 0.8, BSD-2), in its canonical big-endian byte order.
// It finds every accident of a drive, a cable or a memory chip; it is no defence against somebody who forges blocks.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace carousel {

using Digest = std::array<std::byte, 16>;

/// XXH3-128 of the bytes, canonical form.
Digest digest_of(std::span<const std::byte> bytes);

}  // namespace carousel
