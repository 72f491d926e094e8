#include "platform/handle.hpp"

#include <unistd.h>

namespace carousel::platform {

void close_native(NativeHandle handle) noexcept { ::close(static_cast<int>(handle)); }

}  // namespace carousel::platform
