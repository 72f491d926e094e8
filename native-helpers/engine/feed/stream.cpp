#include "engine/feed/stream.hpp"

#include <utility>

namespace carousel::feed {
namespace {

/// How long a wait for the other side lasts before the end of the ride is looked for; nobody else can wake it.
constexpr int kLookMs = 200;

}  // namespace

Result<Stream> Stream::connect(const std::string& path) {
  Result<platform::Endpoint> end = platform::Endpoint::connect(path);
  if (!end) return std::move(end).error();
  return Stream(std::move(*end));
}

bool Stream::read(std::span<std::byte> into, const std::function<bool()>& stop) {
  while (!into.empty()) {
    const platform::Transfer got = endpoint_.read(into);
    into = into.subspan(got.bytes);
    if (got.closed) return false;
    if (got.bytes > 0) continue;
    platform::PollItem item{endpoint_.read_handle(), true, false};
    platform::poll({&item, 1}, kLookMs);
    if (!item.can_read && stop()) return false;
  }
  return true;
}

bool Stream::write(std::span<const std::byte> bytes, const std::function<bool()>& stop, const std::function<void()>& moved) {
  while (!bytes.empty()) {
    const platform::Transfer put = endpoint_.write(bytes);
    bytes = bytes.subspan(put.bytes);
    if (put.closed) return false;
    if (put.bytes > 0) {
      moved();
      continue;
    }
    platform::PollItem item{endpoint_.write_handle(), false, true};
    platform::poll({&item, 1}, kLookMs);
    if (!item.can_write && stop()) return false;
  }
  return true;
}

}  // namespace carousel::feed
