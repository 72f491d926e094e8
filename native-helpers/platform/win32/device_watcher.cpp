// The configuration manager tells of every disk that comes or goes, and of every volume: a disk whose volumes change has a new partition
// table or a new medium.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "platform/device_watcher.hpp"

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "platform/endpoint.hpp"
#include "platform/system_error.hpp"
#include "win32/companion.hpp"
#include "win32/config_manager.hpp"
#include "win32/disk.hpp"
#include "win32/event.hpp"

#include <initguid.h>  // from here on GUIDs are defined, not only declared

#include "win32/ioctl.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

class Watch final : public Companion {
 public:
  bool start() {
    // First the ears, then the look: what comes in between is told twice rather than never.
    if (!listen(GUID_DEVINTERFACE_DISK) || !listen(GUID_DEVINTERFACE_VOLUME)) return false;
    const std::lock_guard guard(lock_);
    for (const std::wstring& path : disk_interfaces()) remember(path);
    return true;
  }

  /// Returns when no callback runs any more.
  void before_close() override {
    for (HCMNOTIFICATION listening : listening_) CM_Unregister_Notification(listening);
  }

  bool readable() override {
    const std::lock_guard guard(lock_);
    return !changes_.empty();
  }
  [[nodiscard]] HANDLE in_event() const override { return news_.get(); }

  std::optional<DeviceChange> take() {
    const std::lock_guard guard(lock_);
    if (changes_.empty()) return std::nullopt;
    DeviceChange first = std::move(changes_.front());
    changes_.pop_front();
    if (changes_.empty()) news_.reset();
    return first;
  }

  [[nodiscard]] Handle name_handle() const { return news_.duplicate(); }

 private:
  bool listen(const GUID& what) {
    CM_NOTIFY_FILTER filter{};
    filter.cbSize = sizeof filter;
    filter.FilterType = CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE;
    filter.u.DeviceInterface.ClassGuid = what;
    HCMNOTIFICATION listening = nullptr;
    if (CM_Register_Notification(&filter, this, on_change, &listening) != CR_SUCCESS) return false;
    listening_.push_back(listening);
    return true;
  }

  static DWORD CALLBACK on_change(HCMNOTIFICATION, PVOID context, CM_NOTIFY_ACTION action, PCM_NOTIFY_EVENT_DATA data, DWORD) {
    if (data == nullptr || data->FilterType != CM_NOTIFY_FILTER_TYPE_DEVICEINTERFACE) return ERROR_SUCCESS;
    const bool disk = IsEqualGUID(data->u.DeviceInterface.ClassGuid, GUID_DEVINTERFACE_DISK) != 0;
    static_cast<Watch*>(context)->note(disk, action, data->u.DeviceInterface.SymbolicLink);
    return ERROR_SUCCESS;
  }

  void note(bool disk, CM_NOTIFY_ACTION action, const std::wstring& path) {
    const std::lock_guard guard(lock_);
    if (action == CM_NOTIFY_ACTION_DEVICEINTERFACEARRIVAL) {
      const std::string name = remember(path);
      if (!name.empty()) push({disk ? "add" : "change", name});
    } else if (action == CM_NOTIFY_ACTION_DEVICEINTERFACEREMOVAL) {
      const auto it = names_.find(lower(path));
      if (it == names_.end()) return push({"change", "?"});  // somebody must look for himself
      push({disk ? "remove" : "change", it->second});
      names_.erase(it);
    }
  }

  void push(DeviceChange change) {
    changes_.push_back(std::move(change));
    news_.set();
  }

  /// When it has gone it cannot be asked for its name any more.
  std::string remember(const std::wstring& path) {
    const Handle device = open_to_ask(path);
    const std::optional<DiskNumber> number = device.valid() ? number_of(raw(device.get())) : std::nullopt;
    if (!number) return {};
    return names_[lower(path)] = "PhysicalDrive" + std::to_string(number->disk);
  }

  /// The system does not always write a path with the same capitals.
  static std::wstring lower(std::wstring path) {
    CharLowerBuffW(path.data(), static_cast<DWORD>(path.size()));
    return path;
  }

  std::mutex lock_;
  Event news_;
  std::deque<DeviceChange> changes_;
  std::map<std::wstring, std::string> names_;
  std::vector<HCMNOTIFICATION> listening_;
};

}  // namespace

Result<DeviceWatcher> DeviceWatcher::open() {
  auto watch = std::make_shared<Watch>();
  DeviceWatcher watcher;
  watcher.socket_ = watch->name_handle();
  if (!watcher.socket_.valid() || !watch->start()) return system_error(Code::internal, "cannot listen for device changes", last_error());
  attach(watcher.socket_.get(), std::move(watch));
  return watcher;
}

std::optional<DeviceChange> DeviceWatcher::next(NativeHandle until_readable) {
  const std::shared_ptr<Companion> watch = companion_of(socket_.get());
  if (!watch) return std::nullopt;
  for (;;) {
    std::array<PollItem, 2> items = {PollItem{socket_.get(), true, false}, PollItem{until_readable, true, false}};
    poll(items, -1);
    if (items[1].can_read) return std::nullopt;
    if (std::optional<DeviceChange> change = static_cast<Watch*>(watch.get())->take()) return change;
  }
}

}  // namespace carousel::platform
