// How somebody asks this process to end, and what a process does first of all.
// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include <fcntl.h>
#include <io.h>

#include <cstdio>
#include <memory>

#include "platform/process.hpp"
#include "platform/system_error.hpp"
#include "win32/companion.hpp"
#include "win32/event.hpp"

namespace carousel::platform {

using namespace win32;

namespace {

/// Readable while somebody has asked; reading takes the request.
class Request final : public Companion {
 public:
  void ask() { event_.set(); }
  bool readable() override { return event_.is_set(); }
  [[nodiscard]] HANDLE in_event() const override { return event_.get(); }
  Transfer read(std::span<std::byte>) override {
    const bool asked = event_.is_set();
    event_.reset();
    return {asked ? std::size_t{1} : 0, false};
  }
  [[nodiscard]] Handle name_handle() const { return event_.duplicate(); }

 private:
  Event event_;
};

Request* request = nullptr;

BOOL WINAPI on_console(DWORD what) {
  request->ask();
  // A closed window, a logout and a shutdown end the process as soon as this returns. Wait: the system gives the job some seconds to
  // stop at a block border and flush.
  if (what == CTRL_CLOSE_EVENT || what == CTRL_LOGOFF_EVENT || what == CTRL_SHUTDOWN_EVENT) Sleep(INFINITE);
  return TRUE;
}

BOOL WINAPI ignore_keys(DWORD what) { return what == CTRL_C_EVENT || what == CTRL_BREAK_EVENT ? TRUE : FALSE; }

}  // namespace

Result<Handle> termination_requests() {
  auto made = std::make_shared<Request>();
  Handle handle = made->name_handle();
  if (!handle.valid()) return system_error(Code::internal, "cannot make an event", last_error());
  request = made.get();
  attach(handle.get(), std::move(made));
  if (SetConsoleCtrlHandler(on_console, TRUE) == FALSE) return system_error(Code::internal, "cannot listen for requests to end", last_error());
  // A handler is passed over as long as this is on, and it is inherited from a parent that had it on.
  SetConsoleCtrlHandler(nullptr, FALSE);
  return handle;
}

void ignore_interrupts() { SetConsoleCtrlHandler(ignore_keys, TRUE); }

void prepare_process() {
  // Libraries come from the system's own folder only: this may run elevated, from a folder others can write.
  SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
  // A crash writes no report with our memory in it (it would hold the source's data), and an absent medium opens no window.
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  HeapSetInformation(nullptr, HeapEnableTerminationOnCorruption, nullptr, 0);
  // The protocol ends lines with one character.
  for (std::FILE* stream : {stdin, stdout, stderr}) _setmode(_fileno(stream), _O_BINARY);
}

}  // namespace carousel::platform
