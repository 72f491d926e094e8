// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2: SHA256RNDS2, SHA256MSG1, SHA256MSG2; CPUID leaves 1 and 7.
#include "base/sha256_x86.hpp"

#if defined(__x86_64__) || defined(_M_X64)

#include <immintrin.h>
#if defined(_MSC_VER)
#include <intrin.h>
#else
#include <cpuid.h>
#endif

#include "base/sha256_rounds.hpp"

#if defined(__GNUC__)
#define CAROUSEL_WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))
#else
#define CAROUSEL_WITH_SHA
#endif

namespace carousel {
namespace {

bool processor_has_it() {
  constexpr unsigned kSsse3 = 1U << 9, kSse41 = 1U << 19, kSha = 1U << 29;
#if defined(_MSC_VER)
  int basic[4], extended[4];
  __cpuid(basic, 0);
  if (basic[0] < 7) return false;
  __cpuid(basic, 1);
  __cpuidex(extended, 7, 0);
  const unsigned c1 = static_cast<unsigned>(basic[2]), b7 = static_cast<unsigned>(extended[1]);
#else
  unsigned a = 0, b = 0, c1 = 0, d = 0, a7 = 0, b7 = 0, c7 = 0, d7 = 0;
  if (__get_cpuid(1, &a, &b, &c1, &d) == 0 || __get_cpuid_count(7, 0, &a7, &b7, &c7, &d7) == 0) return false;
#endif
  return (c1 & kSsse3) != 0 && (c1 & kSse41) != 0 && (b7 & kSha) != 0;
}

/// Four rounds a step: SHA256RNDS2 does two, on a state that is kept as {A,B,E,F} and {C,D,G,H}, highest word first. Of the message schedule the
/// last sixteen words are kept, four in each of `w`.
CAROUSEL_WITH_SHA void take_blocks(std::array<std::uint32_t, 8>& state, const std::byte* blocks, std::size_t count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i abef = _mm_set_epi32(static_cast<int>(state[0]), static_cast<int>(state[1]), static_cast<int>(state[4]), static_cast<int>(state[5]));
  __m128i cdgh = _mm_set_epi32(static_cast<int>(state[2]), static_cast<int>(state[3]), static_cast<int>(state[6]), static_cast<int>(state[7]));
  for (; count > 0; --count, blocks += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    __m128i w[4];
#if defined(__GNUC__)
#pragma GCC unroll 16
#endif
    for (int i = 0; i < 16; ++i) {
      __m128i& now = w[i % 4];
      if (i < 4) {
        now = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(blocks) + i), big_endian);
      } else {
        const __m128i one_ago = w[(i + 3) % 4], two_ago = w[(i + 2) % 4], three_ago = w[(i + 1) % 4];
        now = _mm_add_epi32(_mm_sha256msg1_epu32(now, three_ago), _mm_alignr_epi8(one_ago, two_ago, 4));
        now = _mm_sha256msg2_epu32(now, one_ago);
      }
      const __m128i sum = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Rounds.data()) + i));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  alignas(16) std::array<std::uint32_t, 4> high, low;
  _mm_store_si128(reinterpret_cast<__m128i*>(high.data()), abef);
  _mm_store_si128(reinterpret_cast<__m128i*>(low.data()), cdgh);
  state = {high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]};
}

}  // namespace

Sha256Blocks sha256_of_processor() { return processor_has_it() ? take_blocks : nullptr; }

}  // namespace carousel

#else

namespace carousel {
Sha256Blocks sha256_of_processor() { return nullptr; }
}  // namespace carousel

#endif
