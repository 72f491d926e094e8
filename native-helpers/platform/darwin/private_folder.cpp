// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "darwin/private_folder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "platform/system_error.hpp"

namespace carousel::platform::darwin {

Result<std::string> private_folder() {
  char text[PATH_MAX];
  const std::size_t n = confstr(_CS_DARWIN_USER_TEMP_DIR, text, sizeof text);
  if (n == 0 || n > sizeof text) return system_error(Code::internal, "this user has no folder for temporary files", errno);
  std::string folder(text);
  if (folder.back() != '/') folder += '/';
  folder += "carousel";
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) return system_error(Code::internal, "cannot make " + folder, errno);
  struct stat st{};
  if (lstat(folder.c_str(), &st) != 0) return system_error(Code::internal, "cannot look at " + folder, errno);
  if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0) {
    return Error{Code::internal, folder + " is not a private folder of this user"};
  }
  return folder;
}

Handle lock_file(const std::string& path) {
  for (;;) {
    Handle file(::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    const int fd = static_cast<int>(file.get());
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) return Handle();
    struct stat ours{}, named{};
    if (fstat(fd, &ours) != 0) return Handle();
    if (lstat(path.c_str(), &named) == 0 && named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) return file;
  }
}

std::vector<std::string> names_in(const std::string& folder, const std::string& prefix) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(opendir(folder.c_str()), closedir);
  if (!dir) return names;
  while (const dirent* entry = readdir(dir.get())) {
    const std::string name(entry->d_name);
    if (name.starts_with(prefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace carousel::platform::darwin
