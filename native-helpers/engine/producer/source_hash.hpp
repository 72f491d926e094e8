// The plain SHA-256 of the whole source, taken from the slots of the ring beside the first lap, in a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/sha256.hpp"
#include "engine/ring/ring.hpp"

namespace carousel {

/// Goes through the sequences like one more consumer, in the producer's own process: with a cursor that holds back the producer, and nobody else,
/// once it is a whole window behind.
class SourceHash {
 public:
  explicit SourceHash(const ring::Ring& ring);
  ~SourceHash();
  SourceHash(const SourceHash&) = delete;
  SourceHash& operator=(const SourceHash&) = delete;

  /// Before the slot of `sequence` is filled or skipped, with that many slots in play: waits until what its place holds has been hashed.
  void make_room(std::uint64_t sequence, std::uint32_t window);
  /// The block of `sequence` can be hashed. One that comes out of order (another was skipped) ends the hashing: there will be no hash.
  void published(std::uint64_t sequence);
  /// 64 hexadecimal digits once all of the source has been hashed, given out once; nothing before, or if the first lap was not whole.
  std::optional<std::string> take();
  /// The same, waiting for what is published and not hashed yet.
  std::optional<std::string> finish();

 private:
  void run();

  const ring::Ring& ring_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t published_ = 0, hashed_ = 0;  ///< blocks, from the first one on; `hashed_` is the cursor
  bool given_up_ = false, stop_ = false;
  std::optional<std::string> result_;
  Sha256 sha_;
  std::thread thread_;
};

}  // namespace carousel
