// Which blocks a quick check looks at.
#pragma once

#include <cstdint>
#include <vector>

namespace carousel {

/// The first, the last, and random ones from equal parts in between; in order, at most 64 of `count` blocks.
std::vector<std::uint64_t> sample_of(std::uint64_t count);

}  // namespace carousel
