// The disk arbitration daemon tells of every disk and partition that comes, goes or is mounted. Its calls arrive on a queue of their own
// and are passed on through a pipe, which next() can wait for.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/device_watcher.hpp"

#include <DiskArbitration/DiskArbitration.h>
#include <dispatch/dispatch.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <set>

#include "darwin/media.hpp"
#include "darwin/on_close.hpp"
#include "darwin/owned.hpp"
#include "platform/endpoint.hpp"
#include "platform/system_error.hpp"

namespace carousel::platform {

using namespace darwin;

namespace {

/// One change as it goes through the pipe; small enough to go whole or not at all.
struct Message {
  char action;  ///< 'a', 'r', 'c'
  char device[31];
};

class Watch {
 public:
  explicit Watch(Handle out) : out_(std::move(out)), session_(DASessionCreate(kCFAllocatorDefault)), known_(all_media()) {}

  bool start() {
    if (!session_) return false;
    queue_ = dispatch_queue_create("carousel.devices", DISPATCH_QUEUE_SERIAL);
    DARegisterDiskAppearedCallback(session_.get(), nullptr, appeared, this);
    DARegisterDiskDisappearedCallback(session_.get(), nullptr, disappeared, this);
    DARegisterDiskDescriptionChangedCallback(session_.get(), nullptr, nullptr, changed, this);
    DASessionSetDispatchQueue(session_.get(), queue_);
    return true;
  }

  /// Returns when no callback runs any more.
  ~Watch() {
    if (queue_ == nullptr) return;
    DASessionSetDispatchQueue(session_.get(), nullptr);
    dispatch_sync_f(queue_, nullptr, [](void*) {});
    dispatch_release(queue_);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  static void appeared(DADiskRef disk, void* self) { static_cast<Watch*>(self)->tell('a', disk); }
  static void disappeared(DADiskRef disk, void* self) { static_cast<Watch*>(self)->tell('r', disk); }
  static void changed(DADiskRef disk, CFArrayRef, void* self) { static_cast<Watch*>(self)->tell('c', disk); }

  void tell(char action, DADiskRef disk) {
    const char* const name = DADiskGetBSDName(disk);
    if (name == nullptr) return;
    // The daemon begins with all that was there before.
    if (action == 'a' && known_.erase(name) > 0) return;
    if (action == 'r') known_.erase(name);
    if (lost_) send('c', "?");  // somebody must look for himself
    send(action, name);
  }

  void send(char action, const char* name) {
    Message message{action, {}};
    std::strncpy(message.device, name, sizeof message.device - 1);
    lost_ = ::write(static_cast<int>(out_.get()), &message, sizeof message) != static_cast<ssize_t>(sizeof message);
  }

  Handle out_;
  Owned<DASessionRef> session_;
  std::set<std::string> known_;  ///< not yet told of by the daemon; only the queue looks at it after start()
  bool lost_ = false;
  dispatch_queue_t queue_ = nullptr;
};

const char* word_of(char action) { return action == 'a' ? "add" : action == 'r' ? "remove" : "change"; }

}  // namespace

Result<DeviceWatcher> DeviceWatcher::open() {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return system_error(Code::internal, "cannot make a pipe", errno);
  DeviceWatcher watcher;
  watcher.socket_ = Handle(ends[0]);
  Handle out(ends[1]);
  for (const int fd : ends) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  fcntl(ends[1], F_SETNOSIGPIPE, 1);
  auto watch = std::make_shared<Watch>(std::move(out));
  if (!watch->start()) return Error{Code::internal, "cannot listen for device changes: the disk arbitration daemon does not answer"};
  on_close(watcher.socket_.get(), [watch = std::move(watch)]() mutable { watch.reset(); });
  return watcher;
}

std::optional<DeviceChange> DeviceWatcher::next(NativeHandle until_readable) {
  for (;;) {
    std::array<PollItem, 2> items = {PollItem{socket_.get(), true, false}, PollItem{until_readable, true, false}};
    poll(items, -1);
    if (items[1].can_read) return std::nullopt;
    if (!items[0].can_read) continue;
    Message message{};
    if (::read(static_cast<int>(socket_.get()), &message, sizeof message) != static_cast<ssize_t>(sizeof message)) continue;
    message.device[sizeof message.device - 1] = '\0';
    return DeviceChange{word_of(message.action), message.device};
  }
}

}  // namespace carousel::platform
