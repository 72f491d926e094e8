#include "platform/rights.hpp"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "platform/system_error.hpp"

namespace carousel::platform {
namespace {

/// What opening drives and starting the job's processes needs; effective only while raised.
constexpr std::array kKept = {CAP_DAC_OVERRIDE, CAP_SYS_ADMIN, CAP_SYS_RAWIO, CAP_IPC_LOCK};
/// What acting as somebody else takes besides.
constexpr std::array kToAct = {CAP_SETUID, CAP_SETGID};

/// What a worker that has its device never does: the network (by io_uring too), programs, other processes, mounts, the kernel.
constexpr long kForbidden[] = {
    SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_fsopen,
    SYS_fsmount, SYS_move_mount, SYS_open_tree, SYS_unshare, SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_keyctl, SYS_add_key, SYS_request_key};

bool acting = false;
uid_t asker = 0;

/// Who asked sudo or pkexec for this process. They set these themselves; nobody else can start a process as root with others.
std::optional<uid_t> caller() {
  for (const char* name : {"PKEXEC_UID", "SUDO_UID"}) {
    const char* const value = getenv(name);
    if (value == nullptr) continue;
    const std::string_view text(value);
    uid_t uid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), uid);
    if (error == std::errc() && end == text.data() + text.size() && uid != 0) return uid;
  }
  return std::nullopt;
}

/// As a system call of its own it is about this thread alone; the library's function would change every thread.
bool set_effective(uid_t uid) { return syscall(SYS_setresuid, -1, uid, -1) == 0; }

Status keep_only_needed(bool to_act) {
  std::uint32_t low = 0, high = 0;
  const auto keep = [&](int capability) { (capability < 32 ? low : high) |= 1U << (capability % 32); };
  for (const int capability : kKept) keep(capability);
  if (to_act) {
    for (const int capability : kToAct) keep(capability);
  }
  for (int capability = 0; capability <= 63; ++capability) {
    const bool kept = ((capability < 32 ? low : high) >> (capability % 32) & 1U) != 0;
    if (!kept && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  if (syscall(SYS_capget, &header, data.data()) != 0) return system_error(Code::no_permission, "cannot read the rights of this process", errno);
  data[0].permitted &= low, data[1].permitted &= high;
  data[0].effective &= low, data[1].effective &= high;
  data[0].inheritable = data[1].inheritable = 0;
  if (syscall(SYS_capset, &header, data.data()) != 0) return system_error(Code::no_permission, "cannot put rights away", errno);
  return {};
}

Status forbid(std::span<const long> calls) {
#if defined(__x86_64__)
  constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
  constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
#else
  constexpr std::uint32_t kArchitecture = 0;  // nothing is forbidden where the numbers of calls have not been looked at
#endif
  if (kArchitecture == 0) return {};
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kArchitecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
  };
#if defined(__x86_64__)
  // The same calls have other numbers, from here on, for programs of the x32 kind: none of them is ours.
  program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000U, 0, 1));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
#endif
  for (const long call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  // A kernel without filters is no reason not to copy: the rights are gone by now in any case.
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) != 0 && errno != ENOSYS && errno != EINVAL) {
    return system_error(Code::no_permission, "cannot close this process in", errno);
  }
  return {};
}

}  // namespace

Status act_as_caller(const std::string&) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (getuid() != 0) return {};
  const std::optional<uid_t> uid = caller();
  if (!uid) return keep_only_needed(false);  // root's own: nobody to act as
  const passwd* const who = getpwuid(*uid);
  if (who == nullptr) return Error{Code::no_permission, "the user who asked for this program is not known here"};
  const gid_t group = who->pw_gid;
  if (initgroups(who->pw_name, group) != 0 || setresgid(group, group, group) != 0) {
    return system_error(Code::no_permission, "cannot act as the user who asked", errno);
  }
  if (Status status = keep_only_needed(true); !status) return status;
  if (!set_effective(*uid)) return system_error(Code::no_permission, "cannot act as the user who asked", errno);
  acting = true, asker = *uid;
  return {};
}

bool acting_for_caller() { return acting; }

Raised::Raised() : raised_(acting && set_effective(0)) {}

Raised::~Raised() {
  // Going on with rights that were to be put away would be worse than not going on.
  if (raised_ && acting && !set_effective(asker)) _exit(126);
}

Status give_up_rights() {
  if (acting) {
    const uid_t uid = geteuid();
    const Raised raised;
    if (setresuid(uid, uid, uid) != 0) return system_error(Code::no_permission, "cannot give rights up", errno);
    acting = false;
  }
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // nobody attaches to a process that holds a drive open
  return forbid(kForbidden);
}

}  // namespace carousel::platform
