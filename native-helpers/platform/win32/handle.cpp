// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/handle.hpp"

#include <mutex>
#include <unordered_map>

#include "win32/companion.hpp"

namespace carousel::platform {
namespace win32 {
namespace {

struct Table {
  std::mutex lock;
  std::unordered_map<NativeHandle, std::shared_ptr<Companion>> entries;
};

/// Never destroyed: a worker's watching thread may look something up to the very end of the process.
Table& table() {
  static Table& the = *new Table;
  return the;
}

std::shared_ptr<Companion> detach(NativeHandle handle) {
  const std::lock_guard guard(table().lock);
  const auto it = table().entries.find(handle);
  if (it == table().entries.end()) return nullptr;
  std::shared_ptr<Companion> found = std::move(it->second);
  table().entries.erase(it);
  return found;
}

}  // namespace

void attach(NativeHandle handle, std::shared_ptr<Companion> companion) {
  const std::lock_guard guard(table().lock);
  table().entries[handle] = std::move(companion);
}

std::shared_ptr<Companion> companion_of(NativeHandle handle) {
  const std::lock_guard guard(table().lock);
  const auto it = table().entries.find(handle);
  return it == table().entries.end() ? nullptr : it->second;
}

}  // namespace win32

void close_native(NativeHandle handle) noexcept {
  if (handle == kNoHandle || handle == 0) return;
  const std::shared_ptr<win32::Companion> companion = win32::detach(handle);
  if (companion) companion->before_close();
  CloseHandle(win32::raw(handle));
}

}  // namespace carousel::platform
