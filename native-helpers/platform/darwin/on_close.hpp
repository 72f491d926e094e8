// What goes with a file descriptor when its owner closes it: a lock, a session, a name in a folder.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#pragma once

#include <functional>

#include "platform/handle.hpp"

namespace carousel::platform::darwin {

/// Calls `what` right after the handle is closed through close_native(); not at the end of the process.
void on_close(NativeHandle handle, std::function<void()> what);

}  // namespace carousel::platform::darwin
