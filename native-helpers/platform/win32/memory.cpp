// Large pages need a right of their own on this system: small ones do. Not tested on Windows (docs/platforms.md).
#include "platform/memory.hpp"

namespace carousel::platform {

AlignedBuffer transfer_buffer(std::size_t size) { return AlignedBuffer(size); }

}  // namespace carousel::platform
