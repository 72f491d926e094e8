// What a worker may not do once it has given its rights up, tried in a process of its own.
#include "platform/rights.hpp"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "tests/test.hpp"

using namespace carousel;

namespace {

/// The result of `act` (0 to 99) in a child; -1 if it did not end by itself.
int in_child(const std::function<int()>& act) {
  const pid_t child = fork();
  if (child == 0) _exit(act());
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool given_up() { return platform::act_as_caller("").ok() && platform::give_up_rights().ok(); }

/// What the call comes to with arguments that no kernel takes for good; 0 if it was done.
int error_of(long number) {
  errno = 0;
  return syscall(number, -1L, 0L, 0L, 0L, 0L, 0L) < 0 ? errno : 0;
}

}  // namespace

TEST("rights: a worker makes no socket, no ring of io_uring, starts nothing, mounts nothing") {
  struct Row {
    const char* what;
    long number;
  };
  const Row rows[] = {{"socket", SYS_socket},       {"socketpair", SYS_socketpair}, {"connect", SYS_connect}, {"io_uring_setup", SYS_io_uring_setup},
                      {"io_uring_enter", SYS_io_uring_enter}, {"io_uring_register", SYS_io_uring_register}, {"execve", SYS_execve},
                      {"execveat", SYS_execveat},   {"ptrace", SYS_ptrace},         {"mount", SYS_mount},     {"open_tree", SYS_open_tree},
                      {"unshare", SYS_unshare},     {"setns", SYS_setns},           {"bpf", SYS_bpf},         {"finit_module", SYS_finit_module}};
  for (const Row& row : rows) {
    if (in_child([&] { return given_up() ? error_of(row.number) : 99; }) != EPERM) test::fail(__FILE__, __LINE__, row.what);
  }
  // With nothing given up the same arguments are merely wrong: it is the filter that answers above.
  CHECK(in_child([] { return error_of(SYS_connect); }) == EBADF);
  CHECK(in_child([] { return error_of(SYS_execveat); }) == EFAULT || in_child([] { return error_of(SYS_execveat); }) == EBADF);
  CHECK(in_child([] { return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 1 : 0; }) == 1);
  CHECK(in_child([] { return given_up() && ::socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM ? 1 : 0; }) == 1);
  // What it has to do it may do.
  CHECK(in_child([] { return given_up() && error_of(SYS_close) == EBADF && error_of(SYS_write) == EBADF ? 1 : 0; }) == 1);
}

#if defined(__x86_64__)
TEST("rights: the numbers of x32 are no way around that") {
  constexpr long kX32 = 0x40000000;
  for (const long number : {SYS_socket, SYS_connect, SYS_execve, SYS_getpid}) {
    CHECK(in_child([&] { return given_up() ? error_of(kX32 + number) : 99; }) == EPERM);
  }
}
#endif

TEST("rights: root's own helper keeps four capabilities, and no way to others") {
  if (getuid() != 0) return;
  const auto kept = [](bool first) {
    unsetenv("SUDO_UID"), unsetenv("PKEXEC_UID");
    if (first && !platform::act_as_caller("").ok()) return 99;
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> data{};
    if (syscall(SYS_capget, &header, data.data()) != 0) return 99;
    if (first && (data[0].permitted & ~((1U << CAP_DAC_OVERRIDE) | (1U << CAP_SYS_ADMIN) | (1U << CAP_SYS_RAWIO) | (1U << CAP_IPC_LOCK))) != 0) return 98;
    return __builtin_popcount(data[0].permitted) + __builtin_popcount(data[1].permitted);
  };
  CHECK(in_child([&] { return kept(true); }) <= 4);
  CHECK(in_child([&] { return kept(false); }) > 4);
}
