// What the map of an unfinished copy is about.
#pragma once

#include <cstdint>
#include <string>

#include "platform/inspect.hpp"

namespace carousel {

/// One line: only a copy of exactly this source to exactly this target in blocks of this size goes on with it.
std::string map_head(const platform::PathFacts& source, const platform::PathFacts& target, std::uint64_t block_size);

}  // namespace carousel
