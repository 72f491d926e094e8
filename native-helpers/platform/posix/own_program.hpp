// The path that runs this very program again; one per system.
#pragma once

#include <string>

namespace carousel::platform {

std::string own_program();

/// In a child about to become a role of the job: with the rights that this process came with, which it puts away again as its first act.
void to_start_a_role();

}  // namespace carousel::platform
