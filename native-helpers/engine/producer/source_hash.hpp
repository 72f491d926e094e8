// The plain SHA-256 of the whole source, taken from the slots of the ring beside the first lap, in a thread of its own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "base/sha256.hpp"
#include "engine/ring/ring.hpp"

namespace carousel {

class SourceHash {
 public:
  explicit SourceHash(const ring::Ring& ring);
  ~SourceHash();
  SourceHash(const SourceHash&) = delete;
  SourceHash& operator=(const SourceHash&) = delete;

  /// Before any slot is filled again: waits until what was published has been hashed. A copy that its targets pace never waits here.
  void make_room();
  /// The block of `sequence` lies in `data`, and stays there until make_room() returns. One that comes out of order (another was skipped) ends the hashing: there will be no hash.
  void published(std::uint64_t sequence, std::span<const std::byte> data);
  /// 64 hexadecimal digits once all of the source has been hashed, given out once; nothing before, or if the first lap was not whole.
  std::optional<std::string> take();
  /// The same, waiting for what is published and not hashed yet.
  std::optional<std::string> finish();

 private:
  void run();

  const ring::Ring& ring_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t published_ = 0, hashed_ = 0;  ///< blocks, from the first one on
  std::span<const std::byte> data_;  ///< the block that is to be hashed
  bool given_up_ = false, stop_ = false;
  std::optional<std::string> result_;
  Sha256 sha_;
  std::thread thread_;
};

}  // namespace carousel
