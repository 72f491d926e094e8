// One digest for a whole source.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "base/digest.hpp"
#include "base/sha256.hpp"

namespace carousel::manifest {

/// SHA-256 over a heading line, size and block size in decimal, and all block digests in order.
class RootDigest {
 public:
  RootDigest(std::uint64_t size, std::uint64_t block_size);
  void add(const Digest& digest) { sha_.update(digest); }
  /// 64 hexadecimal digits.
  std::string finish();

 private:
  Sha256 sha_;
};

}  // namespace carousel::manifest
