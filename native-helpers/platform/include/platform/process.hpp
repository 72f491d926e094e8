// Processes of the job: started by re-running this program in another role.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "platform/endpoint.hpp"
#include "platform/handle.hpp"

namespace carousel::platform {

/// How a process ended.
struct ExitStatus {
  int code = 0;    ///< exit code; meaningless if signal != 0
  int signal = 0;  ///< the signal that ended it, 0: it exited by itself
};

/// A child in one role. Move-only; destroying it neither waits nor kills.
class Child {
 public:
  /// Runs this program again as `carousel-helper ROLE DEVICE`, in which `ps` shows it. The child inherits exactly `control` and `ring`
  /// (as the handles returned by inherited_control() and inherited_ring()) and standard error; it dies of nothing that ends the parent.
  static Result<Child> start(const std::string& role, const std::string& device, Endpoint control, NativeHandle ring);

  /// Runs this program again with these arguments, `stream` as its standard input and output, in a session of its own.
  static Result<Child> serve(const std::vector<std::string>& args, Endpoint stream);

  [[nodiscard]] std::int64_t pid() const { return pid_; }
  /// Can be read when it has ended (for poll()); kNoHandle where the system has no such thing, and it must be looked after.
  [[nodiscard]] NativeHandle end_handle() const { return end_.get(); }
  /// How it ended, if it has; the process is then gone for good.
  std::optional<ExitStatus> poll_exit();
  /// Ends it at once (SIGKILL); a process stuck in a device ends when the device lets it.
  void kill() noexcept;

 private:
  std::int64_t pid_ = -1;
  Handle end_;
};

Endpoint inherited_control();
NativeHandle inherited_ring();

/// True when this process was started with both inherited handles in place.
bool started_by_supervisor();

/// Readable when somebody asked this process to end (SIGINT, SIGTERM). Ignores the signal of a broken pipe for the whole process.
Result<Handle> termination_requests();

/// For producer and consumers: an interrupt key in a terminal is the supervisor's business.
void ignore_interrupts();

std::int64_t own_pid();

/// First thing in main: shows the program's name, takes memory dumps of this process away from others.
void prepare_process();

}  // namespace carousel::platform
