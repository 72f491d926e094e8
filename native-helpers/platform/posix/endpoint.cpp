#include "platform/endpoint.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "platform/system_error.hpp"

namespace carousel::platform {
namespace {

// A pipe that poll() calls writable takes this many bytes without blocking (POSIX PIPE_BUF is at least 512, Linux and macOS have more).
constexpr std::size_t kPipeChunk = 512;
// macOS: send() waits for room in spite of MSG_DONTWAIT, and that a closed other end is no signal is a property of the socket there.
#ifdef SO_NOSIGPIPE
constexpr bool kSendMayWait = true;
constexpr int kSendFlags = MSG_DONTWAIT;
#else
constexpr bool kSendMayWait = false;
constexpr int kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
#endif

bool ready(int fd, short what) {
  pollfd p{fd, what, 0};
  return ::poll(&p, 1, 0) == 1;
}

bool is_socket(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
}

bool would_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR || error == ENOBUFS; }

}  // namespace

Result<std::pair<Endpoint, Endpoint>> Endpoint::pair() {
  std::array<int, 2> fds{};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds.data()) != 0) return system_error(Code::internal, "cannot make a socket pair", errno);
  for (const int fd : fds) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  }
  return std::pair(Endpoint(Handle(fds[0])), Endpoint(Handle(fds[1])));
}

Result<Endpoint> Endpoint::connect(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{Code::bad_option, "the path of a socket is too long"};
  std::memcpy(address.sun_path, path.data(), path.size());
  Handle s(socket(AF_UNIX, SOCK_STREAM, 0));
  if (!s.valid()) return system_error(Code::internal, "cannot make a socket", errno);
  const int fd = static_cast<int>(s.get());
  fcntl(fd, F_SETFD, FD_CLOEXEC);
#ifdef SO_NOSIGPIPE
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    return system_error(error == EACCES || error == EPERM ? Code::no_permission : Code::not_found, path, error);
  }
  return Endpoint(std::move(s));
}

Endpoint Endpoint::standard() { return {Handle(STDIN_FILENO), Handle(STDOUT_FILENO)}; }

Endpoint Endpoint::adopt(NativeHandle handle) { return Endpoint(Handle(handle)); }

// Standard input and output may be shared with other processes, so the non-blocking flag, which they would share, is never set.
Transfer Endpoint::read(std::span<std::byte> into) { return read_some(read_handle(), into); }

Transfer Endpoint::read_some(NativeHandle handle, std::span<std::byte> into) {
  const int fd = static_cast<int>(handle);
  if (fd < 0) return {0, true};
  ssize_t n;
  if (is_socket(fd)) {
    n = recv(fd, into.data(), into.size(), MSG_DONTWAIT);
  } else {
    if (!ready(fd, POLLIN)) return {};
    n = ::read(fd, into.data(), into.size());
  }
  if (n > 0) return {static_cast<std::size_t>(n), false};
  return {0, n == 0 || !would_wait(errno)};
}

Transfer Endpoint::write(std::span<const std::byte> data) {
  const int fd = static_cast<int>(write_handle());
  if (fd < 0) return {0, true};
  ssize_t n;
  if (is_socket(fd)) {
    if (kSendMayWait && !ready(fd, POLLOUT)) return {};
    n = send(fd, data.data(), kSendMayWait ? std::min(data.size(), kPipeChunk) : data.size(), kSendFlags);
  } else {
    if (!ready(fd, POLLOUT)) return {};
    n = ::write(fd, data.data(), std::min(data.size(), kPipeChunk));
  }
  if (n >= 0) return {static_cast<std::size_t>(n), false};
  return {0, !would_wait(errno)};
}

void poll(std::span<PollItem> items, int timeout_ms) {
  std::vector<pollfd> fds;
  fds.reserve(items.size());
  for (const PollItem& item : items) {
    const int events = (item.want_read ? POLLIN : 0) | (item.want_write ? POLLOUT : 0);
    // One that nothing is wanted of is left out: its end would be told again and again, and nobody would ever sleep.
    fds.push_back({events == 0 ? -1 : static_cast<int>(item.handle), static_cast<short>(events), 0});
  }
  const int n = ::poll(fds.data(), static_cast<nfds_t>(fds.size()), timeout_ms);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const int got = n > 0 ? fds[i].revents : 0;
    items[i].can_read = items[i].want_read && (got & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0;
    items[i].can_write = items[i].want_write && (got & (POLLOUT | POLLHUP | POLLERR | POLLNVAL)) != 0;
  }
}

}  // namespace carousel::platform
