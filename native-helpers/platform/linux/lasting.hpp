// What stays the same about a drive when it is pulled out and put back, and when the machine starts again.
#pragma once

#include <string>

namespace carousel::platform {

/// One line of text for the disk "major:minor": a serial number or world wide name where it has one, else the USB port it sits in; for a loop
/// device the file behind it. Empty where there is nothing that lasts.
std::string lasting_name(const std::string& device);

}  // namespace carousel::platform
