// What the targets of this machine still lack: what is to be asked for over the network.
#pragma once

#include <cstddef>
#include <vector>

#include "base/range.hpp"
#include "engine/ring/ring.hpp"

namespace carousel::feed {

/// Does a target that rides need this block still?
bool is_lacked(const ring::Ring& ring, std::uint64_t block);

/// Blocks (as ranges of block numbers, in order, apart from each other) that some target needs and that do not lie in the ring for it already.
/// At most `most` ranges: close ones are made one then, and name too many blocks rather than too few.
std::vector<Range> lacked(const ring::Ring& ring, std::size_t most);

}  // namespace carousel::feed
