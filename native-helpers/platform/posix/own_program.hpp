// The path that runs this very program again; one per system.
#pragma once

#include <string>

namespace carousel::platform {

std::string own_program();

}  // namespace carousel::platform
