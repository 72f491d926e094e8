/* XXH3-128 of xxHash 0.8 (BSD-2), as plain C. */
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// The hash of `length` bytes in its canonical, big-endian byte order.
void carousel_xxh3_128(const void* bytes, size_t length, unsigned char out[16]);

#ifdef __cplusplus
}
#endif
