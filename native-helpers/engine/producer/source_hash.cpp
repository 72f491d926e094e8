#include "engine/producer/source_hash.hpp"

#include <utility>

#include "base/bytes.hpp"

namespace carousel {

SourceHash::SourceHash(const ring::Ring& ring) : ring_(ring), thread_([this] { run(); }) {}

SourceHash::~SourceHash() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SourceHash::make_room(std::uint64_t sequence, std::uint32_t window) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return given_up_ || hashed_ == published_ || sequence - hashed_ < window; });
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
    const std::uint64_t sequence = hashed_;
    lock.unlock();
    const auto length = static_cast<std::size_t>(ring_.length_of(ring_.block_of(sequence)));
    sha_.update(ring_.data(ring_.slot(sequence).place.load()).first(length));
    lock.lock();
    ++hashed_;
    if (hashed_ == ring_.block_count()) result_ = hex(sha_.finish());
    changed_.notify_all();
    if (result_) return;
  }
}

}  // namespace carousel
