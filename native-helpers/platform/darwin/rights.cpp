// The prompt of this system starts a program as root and says nothing of who asked, unlike sudo. Whoever owns the folder of the meeting is the
// caller then: that gives root's rights to nobody but the person who typed the password, and files are opened as that folder's owner.
// Not tested on macOS: written without that system, from its headers and documentation (docs/platforms.md lists what was assumed).
#include "platform/rights.hpp"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <mutex>
#include <optional>
#include <string_view>

#include "platform/system_error.hpp"
#include "posix/own_program.hpp"

namespace carousel::platform {
namespace {

/// By this a broker tells the helpers that it starts; sudo sets it, too.
constexpr const char* kCaller = "SUDO_UID";

bool acting = false;
uid_t asker = 0;
/// The system has no way back from a thread of its own rights, so they are the process's; how many want them now.
std::mutex raising;
int raised_count = 0;

std::optional<uid_t> caller(const std::string& place) {
  if (const char* const value = getenv(kCaller)) {
    const std::string_view text(value);
    uid_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (error == std::errc() && end == text.data() + text.size() && uid != 0) return uid;
  }
  struct stat st{};
  if (place.empty() || lstat(place.c_str(), &st) != 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 077) != 0 || st.st_uid == 0) return std::nullopt;
  return st.st_uid;
}

}  // namespace

Status act_as_caller(const std::string& place) {
  if (getuid() != 0) return {};
  const std::optional<uid_t> uid = caller(place);
  if (!uid) return {};
  const passwd* const who = getpwuid(*uid);
  if (who == nullptr) return Error{Code::no_permission, "the user who asked for this program is not known here"};
  const gid_t group = who->pw_gid;
  if (setenv(kCaller, std::to_string(*uid).c_str(), 1) != 0 || initgroups(who->pw_name, static_cast<int>(group)) != 0 ||
      setregid(group, group) != 0 || seteuid(*uid) != 0) {
    return system_error(Code::no_permission, "cannot act as the user who asked", errno);
  }
  acting = true, asker = *uid;
  return {};
}

bool acting_for_caller() { return acting; }

Raised::Raised() {
  if (!acting) return;
  const std::lock_guard lock(raising);
  raised_ = raised_count > 0 || seteuid(0) == 0;
  if (raised_) ++raised_count;
}

Raised::~Raised() {
  if (!raised_) return;
  const std::lock_guard lock(raising);
  // Going on with rights that were to be put away would be worse than not going on.
  if (--raised_count == 0 && acting && seteuid(asker) != 0) _exit(126);
}

Status give_up_rights() {
  if (acting) {
    if (seteuid(0) != 0 || setuid(asker) != 0) return system_error(Code::no_permission, "cannot give rights up", errno);
    if (getuid() == 0 || seteuid(0) == 0) return Error{Code::no_permission, "rights were given up and are still there"};
    acting = false;
  }
  ptrace(PT_DENY_ATTACH, 0, nullptr, 0);  // nobody attaches to a process that holds a drive open
  return {};
}

void to_start_a_role() {
  // Without a way back the saved user would be the caller's, and the caller could signal the role.
  if (getuid() == 0 && (seteuid(0) != 0 || setreuid(0, 0) != 0)) _exit(127);
}

}  // namespace carousel::platform
