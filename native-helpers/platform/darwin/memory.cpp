// Large pages cannot be asked for on this system: small ones do. Not tested (docs/platforms.md).
#include "platform/memory.hpp"

namespace carousel::platform {

AlignedBuffer transfer_buffer(std::size_t size) { return AlignedBuffer(size); }

}  // namespace carousel::platform
