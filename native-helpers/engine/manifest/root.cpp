#include "engine/manifest/root.hpp"

#include <span>

#include "base/bytes.hpp"

namespace carousel::manifest {

RootDigest::RootDigest(std::uint64_t size, std::uint64_t block_size) {
  const std::string heading = "carousel root 1\n" + std::to_string(size) + " " + std::to_string(block_size) + "\n";
  sha_.update(std::as_bytes(std::span(heading)));
}

std::string RootDigest::finish() { return hex(sha_.finish()); }

}  // namespace carousel::manifest
