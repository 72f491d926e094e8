// Where a file system must be mounted for the running system to need it. Pure: nothing is asked of the system.
#pragma once

#include <istream>
#include <string>
#include <vector>

namespace carousel::platform {

/// Folders that are the system's, and those that live systems keep the medium mounted at which they run from.
const std::vector<std::string>& system_folders();

/// Does the running system need what is mounted here? Homes elsewhere than below /home: `homes_in`.
bool is_system_mount(const std::string& point);

/// Home folders of root and of people (a user number of 1000 or more), out of passwd(5). Only absolute ones; not `/`.
std::vector<std::string> homes_in(std::istream& passwd);

}  // namespace carousel::platform
