#include "platform/meeting.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/handle.hpp"
#include "posix/peer.hpp"

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
  const std::string path = folder_ + "/s";
  struct stat st{};
  if (lstat(path.c_str(), &st) != 0 || !S_ISSOCK(st.st_mode) || st.st_uid != geteuid()) return not_right("the socket");
  Result<Endpoint> stream = Endpoint::connect(path);
  if (!stream) return Error{Code::no_permission, "cannot reach the program that asked: " + stream.error().what};
  if (peer_user(static_cast<int>(stream->read_handle())) != geteuid()) return Error{Code::other_user, "the socket belongs to another user"};
  return stream;
}

}  // namespace carousel::platform
