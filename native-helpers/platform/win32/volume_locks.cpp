// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/volume_locks.hpp"

#include "platform/clock.hpp"
#include "platform/system_error.hpp"
#include "win32/disk.hpp"
#include "win32/ioctl.hpp"
#include "win32/text.hpp"

namespace carousel::platform::win32 {
namespace {

/// Indexers and virus scanners look at a volume for a moment; a person's open file stays.
constexpr int kTries = 20;
constexpr std::uint32_t kPauseMs = 100;

std::string shown(const Volume& volume) { return utf8(volume.mount_points.empty() ? volume.device : volume.mount_points.front()); }

Handle lock(const Volume& volume, int tries) {
  constexpr DWORD kShare = FILE_SHARE_READ | FILE_SHARE_WRITE;  // a volume cannot be opened in any other way; the lock comes next
  Handle handle(native(CreateFileW(volume.device.c_str(), GENERIC_READ | GENERIC_WRITE, kShare, nullptr, OPEN_EXISTING, 0, nullptr)));
  for (int i = 0; handle.valid() && i < tries; ++i) {
    if (i > 0) sleep_ms(kPauseMs);
    if (tell(raw(handle.get()), FSCTL_LOCK_VOLUME)) return handle;
  }
  return Handle();
}

}  // namespace

Result<std::shared_ptr<VolumeLocks>> VolumeLocks::take_down(DWORD disk) {
  auto locks = std::make_shared<VolumeLocks>();
  for (const Volume& volume : volumes()) {
    if (!volume.disks.contains(disk)) continue;
    Handle handle = lock(volume, kTries);
    if (!handle.valid()) return system_error(Code::in_use, "something uses " + shown(volume), last_error());
    if (!tell(raw(handle.get()), FSCTL_DISMOUNT_VOLUME)) return system_error(Code::in_use, "cannot unmount " + shown(volume), last_error());
    locks->volumes_.push_back(std::move(handle));
  }
  return locks;
}

std::shared_ptr<VolumeLocks> VolumeLocks::hold(DWORD disk) {
  auto locks = std::make_shared<VolumeLocks>();
  for (const Volume& volume : volumes()) {
    if (!volume.disks.contains(disk)) continue;
    Handle handle = lock(volume, 1);
    if (!handle.valid()) return nullptr;
    locks->volumes_.push_back(std::move(handle));
  }
  return locks;
}

}  // namespace carousel::platform::win32
