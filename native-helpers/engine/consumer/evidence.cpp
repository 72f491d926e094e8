#include "engine/consumer/evidence.hpp"

#include <cstddef>
#include <optional>

#include "base/digest.hpp"
#include "base/json.hpp"

namespace carousel {
namespace {

constexpr std::size_t kMostBlocks = 64;
/// Each costs a look at the digests of all blocks.
constexpr std::size_t kMostEchoes = 16;

/// Zeros come back from wherever nothing was written, so they are nobody's echo.
bool is_zeros(const ring::Ring& ring, std::uint64_t block, const Digest& digest) {
  const std::vector<std::byte> zeros(static_cast<std::size_t>(ring.length_of(block)));
  return digest_of(zeros) == digest;
}

/// The one block of the source with this digest; nothing if several have it (empty space looks alike everywhere).
std::optional<std::uint64_t> only_block_with(const ring::Ring& ring, const Digest& digest) {
  std::optional<std::uint64_t> found;
  for (std::uint64_t block = 0; block < ring.block_count(); ++block) {
    const ring::BlockRecord& record = ring.record(block);
    if (record.state.load() == 0 || record.digest != digest) continue;
    if (found) return std::nullopt;
    found = block;
  }
  return found;
}

}  // namespace

std::string evidence_line(const ring::Ring& ring, int attempt, const std::vector<BadBlock>& bad) {
  std::vector<std::string> blocks, echoes;
  std::size_t looked = 0;
  for (const BadBlock& block : bad) {
    if (blocks.size() < kMostBlocks) blocks.push_back(std::to_string(block.number));
    if (!block.found || looked == kMostEchoes) continue;
    ++looked;
    const auto of = only_block_with(ring, *block.found);
    if (of && !is_zeros(ring, *of, *block.found)) echoes.push_back(json::Fields().add("block", block.number).add("of", *of).str());
  }
  json::Fields line;
  line.add("say", "bad").add("attempt", attempt).raw("blocks", json::list(blocks)).add("more", std::uint64_t{bad.size() - blocks.size()});
  return line.raw("echoes", json::list(echoes)).str();
}

}  // namespace carousel
