// Small ordinary files of text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace carousel::platform {

/// Makes a new file (mode 0600) with this content and makes it durable. Never follows a link, never writes into a file that is there.
Status write_new_file(const std::string& path, std::string_view content);

}  // namespace carousel::platform
