// What strangers can send the helper: lines of the protocol, orders, and the first bytes of a drive. For libFuzzer (fuzz/run.mjs).
#include <cstring>
#include <string_view>

#include "base/json.hpp"
#include "engine/safety/contents.hpp"
#include "engine/safety/window.hpp"
#include "engine/session/orders.hpp"
#include "engine/session/verbs.hpp"

using namespace carousel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)decode_verb(text);
  if (const Result<json::Value> value = json::parse(text)) {
    (void)producer_orders(*value);
    (void)consumer_orders(*value);
  }
  // A drive of 4 MiB whose beginning is the input.
  constexpr std::uint64_t kSize = 4U << 20;
  const safety::Contents contents = safety::contents_of(kSize, 512, [&](std::uint64_t offset, std::span<std::byte> out) {
    if (offset + out.size() > kSize) __builtin_trap();
    std::memset(out.data(), 0, out.size());
    if (offset < size) std::memcpy(out.data(), data + offset, std::min<std::size_t>(out.size(), size - static_cast<std::size_t>(offset)));
    return true;
  });
  for (const safety::Volume& volume : contents.volumes) {
    if (volume.offset + volume.size > kSize) __builtin_trap();
    if (volume.used.value_or(0) > volume.size || volume.newest.value_or(0) > safety::kLatest) __builtin_trap();
  }
  return 0;
}
