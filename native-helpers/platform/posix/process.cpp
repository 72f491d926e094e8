#include "platform/process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "platform/system_error.hpp"
#include "posix/own_program.hpp"

namespace carousel::platform {
namespace {

// Where a child finds what it inherits.
constexpr int kControl = 3;
constexpr int kRing = 4;

int termination_pipe[2] = {-1, -1};

void on_termination(int) {
  const int saved = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t n = ::write(termination_pipe[1], &byte, 1);
  errno = saved;
}

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

bool is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }

}  // namespace

Result<Child> Child::start(const std::string& role, const std::string& device, Endpoint control, NativeHandle ring) {
  const std::string program = own_program();
  // Out of the way of 3 and 4, so that dup2 below can overwrite nothing that is still needed.
  const Handle control_copy(fcntl(static_cast<int>(control.read_handle()), F_DUPFD_CLOEXEC, 10));
  const Handle ring_copy(fcntl(static_cast<int>(ring), F_DUPFD_CLOEXEC, 10));
  if (!control_copy.valid() || !ring_copy.valid()) return system_error(Code::internal, "cannot pass handles to a new process", errno);
  std::string name = "carousel-helper", role_arg = role, device_arg = device;
  std::array<char*, 4> argv = {name.data(), role_arg.data(), device_arg.data(), nullptr};

  const pid_t pid = fork();
  if (pid < 0) return system_error(Code::internal, "cannot start a new process", errno);
  if (pid == 0) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        dup2(static_cast<int>(control_copy.get()), kControl) < 0 || dup2(static_cast<int>(ring_copy.get()), kRing) < 0) {
      _exit(127);
    }
    if (null > kRing) ::close(null);
    to_start_a_role();
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  Child child;
  child.pid_ = pid;
  child.end_ = end_of(pid);
  return child;
}

Result<Child> Child::serve(const std::vector<std::string>& args, Endpoint stream) {
  const std::string program = own_program();
  std::vector<std::string> words = {"carousel-helper"};
  words.insert(words.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const pid_t pid = fork();
  if (pid < 0) return system_error(Code::internal, "cannot start a new process", errno);
  if (pid == 0) {
    const int fd = static_cast<int>(stream.read_handle());
    if (setsid() < 0 || dup2(fd, STDIN_FILENO) < 0 || dup2(fd, STDOUT_FILENO) < 0) _exit(127);
    to_start_a_role();
    execv(program.c_str(), argv.data());
    _exit(127);
  }
  Child child;
  child.pid_ = pid;
  return child;
}

std::optional<ExitStatus> Child::poll_exit() {
  if (pid_ <= 0) return ExitStatus{127, 0};
  int status = 0;
  const pid_t got = waitpid(static_cast<pid_t>(pid_), &status, WNOHANG);
  if (got == 0) return std::nullopt;
  pid_ = -1;
  end_.reset();
  if (got < 0) return ExitStatus{127, 0};
  if (WIFSIGNALED(status)) return ExitStatus{0, WTERMSIG(status)};
  return ExitStatus{WEXITSTATUS(status), 0};
}

void Child::kill() noexcept {
  if (pid_ > 0) ::kill(static_cast<pid_t>(pid_), SIGKILL);
}

Endpoint inherited_control() { return Endpoint::adopt(kControl); }
NativeHandle inherited_ring() { return kRing; }

bool started_by_supervisor() { return is_open(kControl) && is_open(kRing); }

Result<Handle> termination_requests() {
  if (pipe(termination_pipe) != 0) return system_error(Code::internal, "cannot make a pipe", errno);
  for (const int fd : termination_pipe) {
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  set_handler(SIGINT, on_termination);
  set_handler(SIGTERM, on_termination);
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGHUP, SIG_IGN);  // a closed terminal does not end a copy
  return Handle(termination_pipe[0]);
}

void ignore_interrupts() {
  for (const int signal : {SIGINT, SIGHUP, SIGPIPE}) set_handler(signal, SIG_IGN);
}

std::int64_t own_pid() { return getpid(); }

}  // namespace carousel::platform
