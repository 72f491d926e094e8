#include "platform/memory.hpp"

#include <sys/mman.h>

namespace carousel::platform {

AlignedBuffer transfer_buffer(std::size_t size) {
  if (size < kLargePage / 2) return AlignedBuffer(size);
  AlignedBuffer buffer(static_cast<std::size_t>(round_up(size, kLargePage)), kLargePage);
  madvise(buffer.data(), buffer.size(), MADV_HUGEPAGE);  // a wish: without it, or without a free one, small pages do as well
  return buffer;
}

}  // namespace carousel::platform
