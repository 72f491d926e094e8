#include "platform/small_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "platform/handle.hpp"
#include "platform/system_error.hpp"

namespace carousel::platform {

Status write_new_file(const std::string& path, std::string_view content) {
  const Handle file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) return system_error(Code::internal, "cannot make " + path, errno);
  const int fd = static_cast<int>(file.get());
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return system_error(Code::no_space, "cannot write " + path, errno);
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  if (fsync(fd) != 0) return system_error(Code::flush_error, "cannot flush " + path, errno);
  return {};
}

}  // namespace carousel::platform
