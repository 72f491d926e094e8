// Writes a manifest from front to back.
#pragma once

#include <functional>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "engine/manifest/manifest.hpp"
#include "platform/plain_file.hpp"

namespace carousel::manifest {

/// Writes all of it and gives the file its name. `digest_of` is asked for the digest of each block, in order.
Status write(platform::PlainWriter& file, const Head& head, const std::function<Digest(std::uint64_t)>& digest_of);

/// The time now, as a manifest says it.
std::string time_now();

}  // namespace carousel::manifest
