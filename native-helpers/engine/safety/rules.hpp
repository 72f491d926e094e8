// May this be a source, may this be a target? Pure functions over facts; they return every reason why not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/inspect.hpp"

namespace carousel::safety {

/// Why it may not be. The first reason is the one that matters most.
using Reasons = std::vector<Error>;

Reasons against_source(const platform::PathFacts& source);

/// `source` is null when only the target itself is judged. Devices that back the running system are never allowed, whatever else is true.
Reasons against_target(const platform::PathFacts& target, const platform::PathFacts* source);

/// Why it may not be read back and compared with a source of this size. Nothing is written to it.
Reasons against_checked(const platform::PathFacts& target, std::uint64_t source_size);

/// One name for one device or file: what the rendezvous of later starters and the check for doubles go by.
std::string key_of(const platform::Identity& identity);

}  // namespace carousel::safety
