#include "engine/producer/source_hash.hpp"

#include <utility>

#include "base/bytes.hpp"

namespace carousel {
SourceHash::SourceHash(const ring::Ring& ring)
    : ring_(ring), thread_([this] { run(); }) {}

SourceHash::~SourceHash() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SourceHash::make_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return given_up_ || hashed_ == published_; });
}

void SourceHash::published(std::uint64_t sequence, std::span<const std::byte> data) {
  {
    const std::lock_guard lock(mutex_);
    if (published_ == ring_.block_count()) return;
    if (sequence != published_) {
      given_up_ = true;
    } else {
      ++published_;
      data_ = data;
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
    const std::span<const std::byte> data = data_;
    lock.unlock();
    sha_.update(data);
    lock.lock();
    ++hashed_;
    if (hashed_ == ring_.block_count()) result_ = hex(sha_.finish());
    changed_.notify_all();
    if (result_) return;
  }
}

}  // namespace carousel
