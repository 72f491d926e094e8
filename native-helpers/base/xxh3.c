// On x86 with the widest vector instructions that the processor turns out to have: xxHash's own dispatcher, which looks at it before main()
// begins. Other processors have one kind of them, known when this is compiled.
#include "base/xxh3.h"

#if defined(__x86_64__) || defined(_M_X64)
#define XXH_DISPATCH_AVX512 0  // no faster than AVX2 on what lies in the cache
#include "xxh_x86dispatch.c"
#define HASH XXH3_128bits_dispatch
#else
#define XXH_INLINE_ALL
#include "xxhash.h"
#define HASH XXH3_128bits
#endif

void carousel_xxh3_128(const void* bytes, size_t length, unsigned char out[16]) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, HASH(bytes, length));
  memcpy(out, canonical.digest, sizeof canonical.digest);
}
