#include "base/digest.hpp"

#include "base/xxh3.h"

namespace carousel {

Digest digest_of(std::span<const std::byte> bytes) {
  Digest digest;
  carousel_xxh3_128(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace carousel
