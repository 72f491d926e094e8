// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/handle.hpp"

#include <unistd.h>

#include <map>
#include <mutex>

#include "darwin/on_close.hpp"

namespace carousel::platform {
namespace darwin {
namespace {

struct Table {
  std::mutex lock;
  std::map<NativeHandle, std::function<void()>> entries;
};

/// Never destroyed: a worker's watching thread may close something to the very end of the process.
Table& table() {
  static Table& the = *new Table;
  return the;
}

std::function<void()> take(NativeHandle handle) {
  const std::lock_guard guard(table().lock);
  const auto it = table().entries.find(handle);
  if (it == table().entries.end()) return {};
  std::function<void()> found = std::move(it->second);
  table().entries.erase(it);
  return found;
}

}  // namespace

void on_close(NativeHandle handle, std::function<void()> what) {
  const std::lock_guard guard(table().lock);
  table().entries[handle] = std::move(what);
}

}  // namespace darwin

void close_native(NativeHandle handle) noexcept {
  // Taken out first: the number may be given to another file as soon as it is closed.
  const std::function<void()> afterwards = darwin::take(handle);
  ::close(static_cast<int>(handle));
  if (afterwards) afterwards();
}

}  // namespace carousel::platform
