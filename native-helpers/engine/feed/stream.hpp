// The feed's stream as worker processes use it: whole pieces, waiting for them, and giving up when the ride is over.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "base/result.hpp"
#include "platform/endpoint.hpp"

namespace carousel::feed {

class Stream {
 public:
  /// Connects to a local socket that the one who asked for the job listens on. Code::not_found, no_permission.
  static Result<Stream> connect(const std::string& path);

  /// Reads or writes all of it. False if the other side has gone, or `stop` said so while nothing moved.
  bool read(std::span<std::byte> into, const std::function<bool()>& stop);
  /// `moved` is called whenever some bytes have gone.
  bool write(std::span<const std::byte> bytes, const std::function<bool()>& stop, const std::function<void()>& moved = [] {});

  [[nodiscard]] platform::Endpoint& endpoint() { return endpoint_; }

 private:
  explicit Stream(platform::Endpoint endpoint) : endpoint_(std::move(endpoint)) {}
  platform::Endpoint endpoint_;
};

}  // namespace carousel::feed
