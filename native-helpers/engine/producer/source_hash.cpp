#include "engine/producer/source_hash.hpp"

#include <algorithm>

#include "base/bytes.hpp"

namespace carousel {
namespace {

/// The hashing may be this much behind: enough to ride out a burst, little enough to be done soon after the last block.
constexpr std::uint64_t kMostBehind = 64 * MiB;

}  // namespace

SourceHash::SourceHash(const ring::Ring& ring)
    : ring_(ring),
      most_behind_(std::clamp<std::uint64_t>(kMostBehind / ring.block_size(), 1, ring.slot_count())),
      thread_([this] { run(); }) {}

SourceHash::~SourceHash() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SourceHash::make_room(std::uint64_t sequence) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return given_up_ || hashed_ == published_ || sequence < hashed_ + most_behind_; });
}

void SourceHash::published(std::uint64_t sequence) {
  {
    const std::lock_guard lock(mutex_);
    if (published_ == ring_.block_count()) return;
    if (sequence != published_) {
      given_up_ = true;
    } else {
      ++published_;
    }
  }
  changed_.notify_all();
}

std::optional<std::string> SourceHash::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(result_, std::nullopt);
}

std::optional<std::string> SourceHash::finish() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return given_up_ || hashed_ == published_; });
  }
  return take();
}

void SourceHash::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stop_ || given_up_ || hashed_ < published_; });
    if (stop_ || given_up_) return;
    const std::uint64_t block = hashed_;
    lock.unlock();
    sha_.update(ring_.data(block).first(static_cast<std::size_t>(ring_.length_of(block))));
    lock.lock();
    ++hashed_;
    if (hashed_ == ring_.block_count()) result_ = hex(sha_.finish());
    changed_.notify_all();
    if (result_) return;
  }
}

}  // namespace carousel
