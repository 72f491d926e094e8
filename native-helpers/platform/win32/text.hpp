// The engine speaks UTF-8, the system UTF-16.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#pragma once

#include <string>
#include <string_view>

namespace carousel::platform::win32 {

std::wstring wide(std::string_view utf8);
std::string utf8(std::wstring_view wide);

}  // namespace carousel::platform::win32
