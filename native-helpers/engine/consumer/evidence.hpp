// What bad blocks tell about why they are bad.
#pragma once

#include <string>
#include <vector>

#include "engine/ring/ring.hpp"
#include "engine/verify/verify.hpp"

namespace carousel {

/// A line for the supervisor: the attempt (0: after the copy), the bad blocks (the first 64 of them), and for the first few whose content is
/// that of exactly one other block of the source, which: on a drive with less room than it claims, early data comes back.
std::string evidence_line(const ring::Ring& ring, int attempt, const std::vector<BadBlock>& bad);

}  // namespace carousel
