#include "platform/meeting.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "platform/handle.hpp"
#include "platform/system_error.hpp"

namespace carousel::platform {
namespace {

Error not_right(const std::string& what) { return Error{Code::no_permission, what + " is not as it must be"}; }

bool ours(const struct stat& st, mode_t kind, mode_t mode) { return (st.st_mode & S_IFMT) == kind && (st.st_mode & 07777) == mode && st.st_uid == geteuid(); }

}  // namespace

Result<Meeting> Meeting::come(const std::string& folder, std::size_t length) {
  const Handle place(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat st{};
  if (!place.valid() || fstat(static_cast<int>(place.get()), &st) != 0 || !ours(st, S_IFDIR, 0700)) return not_right(folder);
  const int at = static_cast<int>(place.get());
  const Handle file(openat(at, "secret", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid() || fstat(static_cast<int>(file.get()), &st) != 0 || !ours(st, S_IFREG, 0600) || st.st_nlink != 1 ||
      st.st_size != static_cast<off_t>(length)) {
    return not_right("the secret");
  }
  Meeting meeting;
  meeting.folder_ = folder;
  meeting.secret_.resize(length);
  if (read(static_cast<int>(file.get()), meeting.secret_.data(), length) != static_cast<ssize_t>(length) || unlinkat(at, "secret", 0) != 0) return not_right("the secret");
  return meeting;
}

Result<Endpoint> Meeting::connect() const {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const std::string path = folder_ + "/s";
  struct stat st{};
  if (path.size() >= sizeof to.sun_path || lstat(path.c_str(), &st) != 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid()) return not_right("the socket");
  std::memcpy(to.sun_path, path.c_str(), path.size());
  Handle s(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!s.valid() || ::connect(static_cast<int>(s.get()), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    return system_error(Code::no_permission, "cannot reach the program that asked", errno);
  }
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(static_cast<int>(s.get()), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != geteuid()) {
    return Error{Code::other_user, "the socket belongs to another user"};
  }
  return Endpoint(std::move(s));
}

}  // namespace carousel::platform
