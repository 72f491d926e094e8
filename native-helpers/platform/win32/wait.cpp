// Not tested on Windows: written without that system, from its documentation (docs/platforms.md says what was tried instead).
#include "win32/wait.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "win32/event.hpp"

namespace carousel::platform::win32 {
namespace {

VOID CALLBACK pass_on(PVOID event, BOOLEAN) { SetEvent(static_cast<HANDLE>(event)); }

/// Lets the system's thread pool watch the events beyond the first 63; one more event stands for all of them.
void wait_for_many(std::span<const HANDLE> events, DWORD timeout_ms) {
  Event rest;
  std::vector<HANDLE> waits;
  DWORD timeout = timeout_ms;
  const std::span<const HANDLE> first = events.first(MAXIMUM_WAIT_OBJECTS - 1);
  for (HANDLE event : events.subspan(first.size())) {
    HANDLE wait = nullptr;
    if (RegisterWaitForSingleObject(&wait, event, pass_on, rest.get(), INFINITE, WT_EXECUTEONLYONCE) != FALSE) {
      waits.push_back(wait);
    } else {
      timeout = timeout < 10 ? timeout : 10;  // this one cannot be waited for: look again soon
    }
  }
  std::array<HANDLE, MAXIMUM_WAIT_OBJECTS> all{};
  std::copy(first.begin(), first.end(), all.begin());
  all.back() = rest.get();
  WaitForMultipleObjects(static_cast<DWORD>(all.size()), all.data(), FALSE, timeout);
  for (HANDLE wait : waits) UnregisterWaitEx(wait, INVALID_HANDLE_VALUE);  // returns when no callback is under way any more
}

}  // namespace

void wait_for_any(std::span<const HANDLE> events, DWORD timeout_ms) {
  if (events.empty()) {
    Sleep(timeout_ms);
  } else if (events.size() <= MAXIMUM_WAIT_OBJECTS) {
    WaitForMultipleObjects(static_cast<DWORD>(events.size()), events.data(), FALSE, timeout_ms);
  } else {
    wait_for_many(events, timeout_ms);
  }
}

}  // namespace carousel::platform::win32
