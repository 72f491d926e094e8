#include "posix/own_program.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/process.hpp"

namespace carousel::platform {

// The link stays right when the file is replaced or renamed while a job runs.
std::string own_program() { return "/proc/self/exe"; }

// pidfd_open(2), Linux 5.3; closed on exec by itself.
Handle end_of(pid_t child) { return Handle(syscall(SYS_pidfd_open, child, 0)); }

void to_start_a_role() {
  // Without a way back the saved user would be the caller's, and the caller could signal the role.
  if (getuid() == 0 && setresuid(0, 0, 0) != 0) _exit(127);
}

void prepare_process() {
  prctl(PR_SET_NAME, "carousel-helper");  // it would be "exe" after the re-run by that link
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);  // a dump would hold the source's data
}

}  // namespace carousel::platform
