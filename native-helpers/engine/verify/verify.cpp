#include "engine/verify/verify.hpp"

namespace carousel {

Status Verifier::check(std::uint64_t block, std::vector<BadBlock>& bad) {
  const std::uint64_t length = ring_.length_of(block);
  const ring::BlockRecord& record = ring_.record(block);
  if (record.state.load() == 0) return Error{Code::internal, "block " + std::to_string(block) + " has no digest to compare with"};
  // A device that says it has read and hands over nothing must not be taken at the word of what lay here before.
  for (std::size_t at = 0; at < buffer_.size(); at += 512) buffer_[at] = ~buffer_[at];
  bool held = false;
  if (Status status = target_.read_back(block, buffer_, length, held); !status) {
    if (status.error().code == Code::device_gone) return status;
    bad.push_back({block, status.error(), std::nullopt});
    return {};
  }
  const Digest found = digest_of(buffer_.first(static_cast<std::size_t>(length)));
  if (found == record.digest) return {};
  Error error{Code::verify_mismatch, "block " + std::to_string(block) + " reads back differently from what was written"};
  error.offset = block * ring_.block_size();
  bad.push_back({block, error, found});
  return {};
}

Status Verifier::run(std::span<const std::uint64_t> blocks, std::vector<BadBlock>& bad) {
  for (const std::uint64_t block : blocks) {
    if (stop_()) return {};
    const std::size_t before = bad.size();
    if (Status status = check(block, bad); !status) return status;
    checked_(block, bad.size() == before);
  }
  return {};
}

}  // namespace carousel
