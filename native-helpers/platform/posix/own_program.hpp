// Running this very program again; one per system.
#pragma once

#include <sys/types.h>

#include <string>

#include "platform/handle.hpp"

namespace carousel::platform {

/// The path that does it.
std::string own_program();

/// Readable when this child has ended; invalid where there is no such thing.
Handle end_of(pid_t child);

/// In a child about to become a role of the job: with the rights that this process came with, which it puts away again as its first act.
void to_start_a_role();

}  // namespace carousel::platform
