#include "engine/consumer/sample.hpp"

#include <algorithm>
#include <numeric>
#include <random>

namespace carousel {
namespace {

constexpr std::uint64_t kMost = 64;

}  // namespace

std::vector<std::uint64_t> sample_of(std::uint64_t count) {
  std::vector<std::uint64_t> blocks;
  if (count <= kMost) {
    blocks.resize(static_cast<std::size_t>(count));
    std::iota(blocks.begin(), blocks.end(), std::uint64_t{0});
    return blocks;
  }
  std::random_device random;
  const std::uint64_t parts = kMost - 2, inner = count - 2;
  blocks.push_back(0);
  for (std::uint64_t part = 0; part < parts; ++part) {
    const std::uint64_t from = 1 + part * inner / parts, to = 1 + (part + 1) * inner / parts;
    blocks.push_back(std::uniform_int_distribution<std::uint64_t>(from, to - 1)(random));
  }
  blocks.push_back(count - 1);
  return blocks;
}

}  // namespace carousel
